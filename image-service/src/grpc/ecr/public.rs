//! `ecr.v1.PublicRegistryService`.

use std::sync::Arc;

use imageservice_proto::ecr::v1::{self, public_registry_service_server::PublicRegistryService};
use tonic::{Request, Response, Status};

use super::{Answers, answer, answers};
use crate::ports::EcrPublic;

/// Calls about ECR Public.
#[derive(Clone, Debug)]
pub(super) struct Public(pub(super) Arc<dyn EcrPublic>);

#[tonic::async_trait]
impl PublicRegistryService for Public {
    type StreamPublicRepositoriesStream = Answers<v1::PublicRepository>;
    type StreamPublicImagesStream = Answers<v1::PublicImageDetail>;

    async fn list_public_repositories(
        &self,
        request: Request<v1::ListPublicRepositoriesRequest>,
    ) -> Result<Response<v1::ListPublicRepositoriesResponse>, Status> {
        answer("ListPublicRepositories", self.0.list_public_repositories(request.into_inner())).await
    }

    async fn stream_public_repositories(
        &self,
        request: Request<v1::StreamPublicRepositoriesRequest>,
    ) -> Result<Response<Self::StreamPublicRepositoriesStream>, Status> {
        answers("StreamPublicRepositories", self.0.stream_public_repositories(request.into_inner()))
    }

    async fn get_public_repository(
        &self,
        request: Request<v1::GetPublicRepositoryRequest>,
    ) -> Result<Response<v1::PublicRepository>, Status> {
        answer("GetPublicRepository", self.0.get_public_repository(request.into_inner())).await
    }

    async fn list_public_images(
        &self,
        request: Request<v1::ListPublicImagesRequest>,
    ) -> Result<Response<v1::ListPublicImagesResponse>, Status> {
        answer("ListPublicImages", self.0.list_public_images(request.into_inner())).await
    }

    async fn stream_public_images(
        &self,
        request: Request<v1::StreamPublicImagesRequest>,
    ) -> Result<Response<Self::StreamPublicImagesStream>, Status> {
        answers("StreamPublicImages", self.0.stream_public_images(request.into_inner()))
    }

    async fn get_public_auth_token(
        &self,
        request: Request<v1::GetPublicAuthTokenRequest>,
    ) -> Result<Response<v1::AuthorizationData>, Status> {
        answer("GetPublicAuthToken", self.0.get_public_auth_token(request.into_inner())).await
    }
}
