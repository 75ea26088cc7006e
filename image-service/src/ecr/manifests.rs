//! `ecr.v1.ManifestService` over AWS's calls.

use std::sync::Arc;

use async_trait::async_trait;
use imageservice_proto::ecr::v1;

use super::{
    calls::Calls,
    configs::Configs,
    convert::manifests::{self, Document},
    fetch, paging, referrers,
    request::{image_id, place, refused, required},
};
use crate::{
    error::{EcrReason, Result},
    ports::{EcrManifests, EcrStream},
};

const OPERATION: &str = "BatchGetImage";

/// Manifests of private registries.
#[derive(Clone, Debug)]
pub(super) struct Manifests {
    pub(super) calls: Arc<Calls>,
    pub(super) configs: Configs,
}

#[async_trait]
impl EcrManifests for Manifests {
    async fn get_manifest(&self, request: v1::GetManifestRequest) -> Result<v1::ImageManifest> {
        self.manifest(request.registry, request.repository_name, request.image_id).await
    }

    async fn get_manifest_list(&self, request: v1::GetManifestListRequest) -> Result<v1::ManifestList> {
        match self.document(request.registry, request.repository_name, request.image_id).await? {
            Document::List(list) => Ok(list),
            Document::Image(manifest) => {
                let message = format!("{} is one image and no manifest list", manifest.image_digest);
                Err(refused(EcrReason::NotAManifestList, OPERATION, message))
            }
        }
    }

    async fn get_image_config(&self, request: v1::GetImageConfigRequest) -> Result<v1::ImageConfig> {
        let place = place(request.registry)?;
        let name = required(OPERATION, "repository_name", request.repository_name)?;
        let id = image_id(OPERATION, request.image_id)?;
        let image = fetch::one(&self.calls, &place, &name, id, Vec::new()).await?;
        self.configs.of(&place, &name, &image).await
    }

    async fn get_layers(&self, request: v1::GetLayersRequest) -> Result<v1::GetLayersResponse> {
        let manifest = self.manifest(request.registry, request.repository_name, request.image_id).await?;
        Ok(v1::GetLayersResponse {
            image_digest: manifest.image_digest,
            total_size: manifest.layers.iter().fold(0, |sum, layer| layer.size.saturating_add(sum)),
            layers: manifest.layers,
        })
    }

    async fn list_image_referrers(
        &self,
        request: v1::ListImageReferrersRequest,
    ) -> Result<v1::ListImageReferrersResponse> {
        referrers::page(&self.calls, request).await
    }

    fn stream_image_referrers(
        &self,
        request: v1::StreamImageReferrersRequest,
    ) -> EcrStream<v1::ImageReferrer> {
        let calls = Arc::clone(&self.calls);
        paging::elements("ListImageReferrers", move |page_token| {
            let (calls, request) = (Arc::clone(&calls), request.clone());
            async move {
                let page = v1::ListImageReferrersRequest {
                    registry: request.registry,
                    repository_name: request.repository_name,
                    subject_digest: request.subject_digest,
                    filter: request.filter,
                    page_size: referrers::LARGEST_PAGE,
                    page_token,
                };
                let page = referrers::page(&calls, page).await?;
                Ok((page.referrers, page.next_page_token))
            }
        })
    }
}

impl Manifests {
    async fn manifest(
        &self,
        registry: Option<v1::Registry>,
        repository: String,
        id: Option<v1::ImageIdentifier>,
    ) -> Result<v1::ImageManifest> {
        match self.document(registry, repository, id).await? {
            Document::Image(manifest) => Ok(manifest),
            Document::List(list) => {
                let message =
                    format!("{} is a manifest list: ask for one of its images by digest", list.image_digest);
                Err(refused(EcrReason::IsAManifestList, OPERATION, message))
            }
        }
    }

    async fn document(
        &self,
        registry: Option<v1::Registry>,
        repository: String,
        id: Option<v1::ImageIdentifier>,
    ) -> Result<Document> {
        let place = place(registry)?;
        let name = required(OPERATION, "repository_name", repository)?;
        let id = image_id(OPERATION, id)?;
        let image = fetch::one(&self.calls, &place, &name, id, Vec::new()).await?;
        manifests::document(&image).map_err(|why| {
            let message = format!("the manifest cannot be used: {why}");
            refused(EcrReason::ManifestInvalid, OPERATION, message)
        })
    }
}
