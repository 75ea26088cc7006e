//! `ecr.v1.ImageService`.

use std::sync::Arc;

use imageservice_proto::ecr::v1::{self, image_service_server::ImageService};
use tonic::{Request, Response, Status};

use super::{Answers, answer, answers};
use crate::ports::EcrImages;

/// Calls about images.
#[derive(Clone, Debug)]
pub(super) struct Images(pub(super) Arc<dyn EcrImages>);

#[tonic::async_trait]
impl ImageService for Images {
    type StreamImagesStream = Answers<v1::ImageIdentifier>;
    type StreamImageDetailsStream = Answers<v1::ImageDetail>;

    async fn list_images(
        &self,
        request: Request<v1::ListImagesRequest>,
    ) -> Result<Response<v1::ListImagesResponse>, Status> {
        answer("ListImages", self.0.list_images(request.into_inner())).await
    }

    async fn stream_images(
        &self,
        request: Request<v1::StreamImagesRequest>,
    ) -> Result<Response<Self::StreamImagesStream>, Status> {
        answers("StreamImages", self.0.stream_images(request.into_inner()))
    }

    async fn describe_images(
        &self,
        request: Request<v1::DescribeImagesRequest>,
    ) -> Result<Response<v1::DescribeImagesResponse>, Status> {
        answer("DescribeImages", self.0.describe_images(request.into_inner())).await
    }

    async fn stream_image_details(
        &self,
        request: Request<v1::StreamImageDetailsRequest>,
    ) -> Result<Response<Self::StreamImageDetailsStream>, Status> {
        answers("StreamImageDetails", self.0.stream_image_details(request.into_inner()))
    }

    async fn get_image(
        &self,
        request: Request<v1::GetImageRequest>,
    ) -> Result<Response<v1::GetImageResponse>, Status> {
        answer("GetImage", self.0.get_image(request.into_inner())).await
    }

    async fn batch_get_images(
        &self,
        request: Request<v1::BatchGetImagesRequest>,
    ) -> Result<Response<v1::BatchGetImagesResponse>, Status> {
        answer("BatchGetImages", self.0.batch_get_images(request.into_inner())).await
    }

    async fn put_image_tag(
        &self,
        request: Request<v1::PutImageTagRequest>,
    ) -> Result<Response<v1::PutImageTagResponse>, Status> {
        answer("PutImageTag", self.0.put_image_tag(request.into_inner())).await
    }

    async fn batch_delete_image(
        &self,
        request: Request<v1::BatchDeleteImageRequest>,
    ) -> Result<Response<v1::BatchDeleteImageResponse>, Status> {
        answer("BatchDeleteImage", self.0.batch_delete_image(request.into_inner())).await
    }
}
