//! `ecr.v1.ManifestService`.

use std::sync::Arc;

use imageservice_proto::ecr::v1::{self, manifest_service_server::ManifestService};
use tonic::{Request, Response, Status};

use super::{Answers, answer, answers};
use crate::ports::EcrManifests;

/// Calls about manifests.
#[derive(Clone, Debug)]
pub(super) struct Manifests(pub(super) Arc<dyn EcrManifests>);

#[tonic::async_trait]
impl ManifestService for Manifests {
    type StreamImageReferrersStream = Answers<v1::ImageReferrer>;

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

    async fn list_image_referrers(
        &self,
        request: Request<v1::ListImageReferrersRequest>,
    ) -> Result<Response<v1::ListImageReferrersResponse>, Status> {
        answer("ListImageReferrers", self.0.list_image_referrers(request.into_inner())).await
    }

    async fn stream_image_referrers(
        &self,
        request: Request<v1::StreamImageReferrersRequest>,
    ) -> Result<Response<Self::StreamImageReferrersStream>, Status> {
        answers("StreamImageReferrers", self.0.stream_image_referrers(request.into_inner()))
    }
}
