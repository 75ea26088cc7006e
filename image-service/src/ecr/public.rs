//! `ecr.v1.PublicRegistryService` over AWS's calls.

use std::sync::Arc;

use async_trait::async_trait;
use imageservice_proto::ecr::v1;

use super::{
    auth::authorization,
    calls::Calls,
    convert::public,
    operation::Operation,
    paging,
    place::Place,
    request::{BATCH, LARGEST_PAGE, image_ids, no_pages, page_size, page_token, place, refused, required},
    tokens::Tokens,
};
use crate::{
    error::{EcrReason, Result},
    model::Region,
    ports::{EcrPublic, EcrStream},
};

/// Where images of ECR Public are pulled from.
const ENDPOINT: &str = "https://public.ecr.aws";

/// The caller's own repositories in ECR Public.
#[derive(Clone, Debug)]
pub(super) struct Public {
    pub(super) calls: Arc<Calls>,
    pub(super) tokens: Tokens,
}

#[async_trait]
impl EcrPublic for Public {
    async fn list_public_repositories(
        &self,
        request: v1::ListPublicRepositoriesRequest,
    ) -> Result<v1::ListPublicRepositoriesResponse> {
        let place = public_place(request.registry)?;
        let size = page_size("DescribeRepositories", request.page_size)?;
        let token = page_token(request.page_token);
        let id = self.calls.registry_id(&place).map(|id| id.to_string());
        let page = self.calls.public(Operation::PublicDescribeRepositories, &place, |ecr| {
            let call = ecr.describe_repositories().set_registry_id(id.clone());
            call.set_max_results(size).set_next_token(token.clone()).send()
        });
        let page = page.await?;
        Ok(v1::ListPublicRepositoriesResponse {
            repositories: page.repositories.unwrap_or_default().into_iter().map(public::repository).collect(),
            next_page_token: page.next_token.unwrap_or_default(),
        })
    }

    fn stream_public_repositories(
        &self,
        request: v1::StreamPublicRepositoriesRequest,
    ) -> EcrStream<v1::PublicRepository> {
        let this = self.clone();
        paging::elements("DescribeRepositories", move |page_token| {
            let (this, registry) = (this.clone(), request.registry.clone());
            async move {
                let page =
                    v1::ListPublicRepositoriesRequest { registry, page_size: LARGEST_PAGE, page_token };
                let page = this.list_public_repositories(page).await?;
                Ok((page.repositories, page.next_page_token))
            }
        })
    }

    async fn get_public_repository(
        &self,
        request: v1::GetPublicRepositoryRequest,
    ) -> Result<v1::PublicRepository> {
        let place = public_place(request.registry)?;
        let name = required("DescribeRepositories", "repository_name", request.repository_name)?;
        let id = self.calls.registry_id(&place).map(|id| id.to_string());
        let found = self.calls.public(Operation::PublicDescribeRepositories, &place, |ecr| {
            ecr.describe_repositories().set_registry_id(id.clone()).repository_names(&name).send()
        });
        let found = found.await?.repositories.unwrap_or_default().into_iter().next();
        found.map(public::repository).ok_or_else(|| {
            let message = format!("the repository {name} was not in the answer");
            refused(EcrReason::AnswerInvalid, "DescribeRepositories", message)
        })
    }

    async fn list_public_images(
        &self,
        request: v1::ListPublicImagesRequest,
    ) -> Result<v1::ListPublicImagesResponse> {
        let place = public_place(request.registry)?;
        let name = required("DescribeImages", "repository_name", request.repository_name)?;
        if request.image_ids.is_empty() {
            let size = page_size("DescribeImages", request.page_size)?;
            return self.page(&place, &name, size, page_token(request.page_token)).await;
        }
        no_pages("DescribeImages", request.page_size, &request.page_token, false)?;
        let ids = image_ids("DescribeImages", request.image_ids)?;
        let image_details = self.named(&place, &name, ids).await?;
        Ok(v1::ListPublicImagesResponse { image_details, next_page_token: String::new() })
    }

    fn stream_public_images(
        &self,
        request: v1::StreamPublicImagesRequest,
    ) -> EcrStream<v1::PublicImageDetail> {
        let this = self.clone();
        paging::elements("DescribeImages", move |page_token| {
            let (this, request) = (this.clone(), request.clone());
            async move {
                let page = v1::ListPublicImagesRequest {
                    registry: request.registry,
                    repository_name: request.repository_name,
                    image_ids: Vec::new(),
                    page_size: LARGEST_PAGE,
                    page_token,
                };
                let page = this.list_public_images(page).await?;
                Ok((page.image_details, page.next_page_token))
            }
        })
    }

    async fn get_public_auth_token(
        &self,
        request: v1::GetPublicAuthTokenRequest,
    ) -> Result<v1::AuthorizationData> {
        public_place(request.registry)?;
        let token = self.tokens.public().await?;
        Ok(authorization(&token, ENDPOINT.to_owned()))
    }
}

impl Public {
    async fn page(
        &self,
        place: &Place,
        repository: &str,
        size: Option<i32>,
        token: Option<String>,
    ) -> Result<v1::ListPublicImagesResponse> {
        let id = self.calls.registry_id(place).map(|id| id.to_string());
        let page = self.calls.public(Operation::PublicDescribeImages, place, |ecr| {
            let call = ecr.describe_images().set_registry_id(id.clone()).repository_name(repository);
            call.set_max_results(size).set_next_token(token.clone()).send()
        });
        let page = page.await?;
        let details = page.image_details.unwrap_or_default();
        self.calls.count_images(Operation::PublicDescribeImages, details.len());
        Ok(v1::ListPublicImagesResponse {
            image_details: details.into_iter().map(public::detail).collect(),
            next_page_token: page.next_token.unwrap_or_default(),
        })
    }

    async fn named(
        &self,
        place: &Place,
        repository: &str,
        ids: Vec<v1::ImageIdentifier>,
    ) -> Result<Vec<v1::PublicImageDetail>> {
        let id = self.calls.registry_id(place).map(|id| id.to_string());
        let mut found = Vec::with_capacity(ids.len());
        for batch in ids.chunks(BATCH) {
            let batch: Vec<_> = batch.iter().cloned().map(public::to_aws).collect();
            let answer = self.calls.public(Operation::PublicDescribeImages, place, |ecr| {
                let call = ecr.describe_images().set_registry_id(id.clone()).repository_name(repository);
                call.set_image_ids(Some(batch.clone())).send()
            });
            let details = answer.await?.image_details.unwrap_or_default();
            self.calls.count_images(Operation::PublicDescribeImages, details.len());
            found.extend(details.into_iter().map(public::detail));
        }
        Ok(found)
    }
}

/// ECR Public is in one region; whoever names another one means something else.
fn public_place(registry: Option<v1::Registry>) -> Result<Place> {
    let place = place(registry)?;
    let only = Region::of_public_registries();
    match &place.region {
        Some(region) if *region != only => {
            let message = format!("ECR Public is in {only} only, and the request names {region}");
            Err(refused(EcrReason::InvalidParameter, "ECR Public", message))
        }
        _ => Ok(place),
    }
}
