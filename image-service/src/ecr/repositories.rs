//! `ecr.v1.RepositoryService` over AWS's calls.

use std::sync::Arc;

use async_trait::async_trait;
use imageservice_proto::ecr::v1;

use super::{
    calls::Calls,
    convert::{lifecycle, repositories},
    operation::Operation,
    paging,
    place::Place,
    request::{LARGEST_PAGE, page_size, page_token, place, refused, required},
    scan_types::ScanTypes,
};
use crate::{
    error::{EcrReason, Result},
    ports::{EcrRepositories, EcrStream},
};

/// Repositories of private registries.
#[derive(Clone, Debug)]
pub(super) struct Repositories {
    pub(super) calls: Arc<Calls>,
    pub(super) scan_types: ScanTypes,
}

#[async_trait]
impl EcrRepositories for Repositories {
    async fn list_repositories(
        &self,
        request: v1::ListRepositoriesRequest,
    ) -> Result<v1::ListRepositoriesResponse> {
        let place = place(request.registry)?;
        let size = page_size("DescribeRepositories", request.page_size)?;
        let token = page_token(request.page_token);
        let id = self.calls.registry_id(&place).map(|id| id.to_string());
        let page = self.calls.ecr(Operation::DescribeRepositories, &place, |ecr| {
            let call = ecr.describe_repositories().set_registry_id(id.clone());
            call.set_max_results(size).set_next_token(token.clone()).send()
        });
        let page = page.await?;
        let mut repositories: Vec<_> =
            page.repositories.unwrap_or_default().into_iter().map(repositories::repository).collect();
        self.scan_types.fill(&place, &mut repositories, request.scan_frequency).await?;
        Ok(v1::ListRepositoriesResponse {
            repositories,
            next_page_token: page.next_token.unwrap_or_default(),
        })
    }

    fn stream_repositories(&self, request: v1::StreamRepositoriesRequest) -> EcrStream<v1::Repository> {
        let this = self.clone();
        paging::elements("DescribeRepositories", move |page_token| {
            let (this, request) = (this.clone(), request.clone());
            async move {
                let page = v1::ListRepositoriesRequest {
                    registry: request.registry,
                    page_size: LARGEST_PAGE,
                    page_token,
                    scan_frequency: request.scan_frequency,
                };
                let page = this.list_repositories(page).await?;
                Ok((page.repositories, page.next_page_token))
            }
        })
    }

    async fn get_repository(&self, request: v1::GetRepositoryRequest) -> Result<v1::Repository> {
        let place = place(request.registry)?;
        let mut repository = self.repository(&place, request.repository_name).await?;
        let one = std::slice::from_mut(&mut repository);
        self.scan_types.fill(&place, one, request.scan_frequency).await?;
        Ok(repository)
    }

    async fn get_repository_policy(
        &self,
        request: v1::GetRepositoryPolicyRequest,
    ) -> Result<v1::RepositoryPolicy> {
        let place = place(request.registry)?;
        let name = required("GetRepositoryPolicy", "repository_name", request.repository_name)?;
        let id = self.calls.registry_id(&place).map(|id| id.to_string());
        let policy = self.calls.ecr(Operation::GetRepositoryPolicy, &place, |ecr| {
            ecr.get_repository_policy().set_registry_id(id.clone()).repository_name(&name).send()
        });
        let policy = policy.await?;
        Ok(v1::RepositoryPolicy {
            registry_id: policy.registry_id.unwrap_or_default(),
            repository_name: policy.repository_name.unwrap_or_default(),
            policy_text: policy.policy_text.unwrap_or_default(),
        })
    }

    async fn get_lifecycle_policy(
        &self,
        request: v1::GetLifecyclePolicyRequest,
    ) -> Result<v1::LifecyclePolicy> {
        let place = place(request.registry)?;
        let name = required("GetLifecyclePolicy", "repository_name", request.repository_name)?;
        let id = self.calls.registry_id(&place).map(|id| id.to_string());
        let policy = self.calls.ecr(Operation::GetLifecyclePolicy, &place, |ecr| {
            ecr.get_lifecycle_policy().set_registry_id(id.clone()).repository_name(&name).send()
        });
        Ok(lifecycle::policy(policy.await?))
    }

    async fn list_tags_for_resource(
        &self,
        request: v1::ListTagsForResourceRequest,
    ) -> Result<v1::ListTagsForResourceResponse> {
        let place = place(request.registry)?;
        let resource_arn = match request.resource_arn {
            arn if arn.is_empty() => self.repository(&place, request.repository_name).await?.repository_arn,
            arn => arn,
        };
        let tags = self.calls.ecr(Operation::ListTagsForResource, &place, |ecr| {
            ecr.list_tags_for_resource().resource_arn(&resource_arn).send()
        });
        let tags = tags.await?.tags.unwrap_or_default().into_iter();
        let tags = tags.map(|tag| v1::ResourceTag { key: tag.key, value: tag.value }).collect();
        Ok(v1::ListTagsForResourceResponse { resource_arn, tags })
    }
}

impl Repositories {
    /// One repository, without what the registry says of scans. It names its own ARN, in whatever partition it is.
    async fn repository(&self, place: &Place, name: String) -> Result<v1::Repository> {
        let name = required("DescribeRepositories", "repository_name", name)?;
        let id = self.calls.registry_id(place).map(|id| id.to_string());
        let found = self.calls.ecr(Operation::DescribeRepositories, place, |ecr| {
            ecr.describe_repositories().set_registry_id(id.clone()).repository_names(&name).send()
        });
        let found = found.await?.repositories.unwrap_or_default().into_iter().next();
        found.map(repositories::repository).ok_or_else(|| {
            let message = format!("the repository {name} was not in the answer");
            refused(EcrReason::AnswerInvalid, "DescribeRepositories", message)
        })
    }
}
