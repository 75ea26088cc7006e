//! `ecr.v1.RepositoryService`.

use std::sync::Arc;

use imageservice_proto::ecr::v1::{self, repository_service_server::RepositoryService};
use tonic::{Request, Response, Status};

use super::{Answers, answer, answers};
use crate::ports::EcrRepositories;

/// Calls about repositories.
#[derive(Clone, Debug)]
pub(super) struct Repositories(pub(super) Arc<dyn EcrRepositories>);

#[tonic::async_trait]
impl RepositoryService for Repositories {
    type StreamRepositoriesStream = Answers<v1::Repository>;

    async fn list_repositories(
        &self,
        request: Request<v1::ListRepositoriesRequest>,
    ) -> Result<Response<v1::ListRepositoriesResponse>, Status> {
        answer("ListRepositories", self.0.list_repositories(request.into_inner())).await
    }

    async fn stream_repositories(
        &self,
        request: Request<v1::StreamRepositoriesRequest>,
    ) -> Result<Response<Self::StreamRepositoriesStream>, Status> {
        answers("StreamRepositories", self.0.stream_repositories(request.into_inner()))
    }

    async fn get_repository(
        &self,
        request: Request<v1::GetRepositoryRequest>,
    ) -> Result<Response<v1::Repository>, Status> {
        answer("GetRepository", self.0.get_repository(request.into_inner())).await
    }

    async fn get_repository_policy(
        &self,
        request: Request<v1::GetRepositoryPolicyRequest>,
    ) -> Result<Response<v1::RepositoryPolicy>, Status> {
        answer("GetRepositoryPolicy", self.0.get_repository_policy(request.into_inner())).await
    }

    async fn get_lifecycle_policy(
        &self,
        request: Request<v1::GetLifecyclePolicyRequest>,
    ) -> Result<Response<v1::LifecyclePolicy>, Status> {
        answer("GetLifecyclePolicy", self.0.get_lifecycle_policy(request.into_inner())).await
    }

    async fn list_tags_for_resource(
        &self,
        request: Request<v1::ListTagsForResourceRequest>,
    ) -> Result<Response<v1::ListTagsForResourceResponse>, Status> {
        answer("ListTagsForResource", self.0.list_tags_for_resource(request.into_inner())).await
    }
}
