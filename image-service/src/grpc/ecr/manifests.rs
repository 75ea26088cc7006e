//! `ecr.v1.ManifestService`.

use std::sync::Arc;

use imageservice_proto::ecr::v1::{self, manifest_service_server::ManifestService};
use tonic::{Request, Response, Status};

use super::answer;
use crate::ports::EcrManifests;

/// Calls about manifests.
#[derive(Clone, Debug)]
pub(super) struct Manifests(pub(super) Arc<dyn EcrManifests>);

#[tonic::async_trait]
impl ManifestService for Manifests {
    async fn get_manifest(
        &self,
        request: Request<v1::GetManifestRequest>,
    ) -> Result<Response<v1::ImageManifest>, Status> {
        answer("GetManifest", self.0.get_manifest(request.into_inner())).await
    }

    async fn get_manifest_list(
        &self,
        request: Request<v1::GetManifestListRequest>,
    ) -> Result<Response<v1::ManifestList>, Status> {
        answer("GetManifestList", self.0.get_manifest_list(request.into_inner())).await
    }

    async fn get_image_config(
        &self,
        request: Request<v1::GetImageConfigRequest>,
    ) -> Result<Response<v1::ImageConfig>, Status> {
        answer("GetImageConfig", self.0.get_image_config(request.into_inner())).await
    }

    async fn get_layers(
        &self,
        request: Request<v1::GetLayersRequest>,
    ) -> Result<Response<v1::GetLayersResponse>, Status> {
        answer("GetLayers", self.0.get_layers(request.into_inner())).await
    }
}
