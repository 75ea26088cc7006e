//! `ecr.v1.ImageService` over AWS's calls.

mod delete;
mod put_tag;
mod survey;

use std::sync::Arc;

use async_trait::async_trait;
use imageservice_proto::ecr::v1;

use super::{
    calls::Calls,
    configs::Configs,
    convert::images,
    describe, fetch,
    operation::Operation,
    paging,
    request::{LARGEST_PAGE, image_id, image_ids, no_pages, page_size, page_token, place, required},
};
use crate::{
    error::Result,
    ports::{EcrImages, EcrStream},
};

/// Images of private registries.
#[derive(Clone, Debug)]
pub(super) struct Images {
    pub(super) calls: Arc<Calls>,
    pub(super) configs: Configs,
}

#[async_trait]
impl EcrImages for Images {
    async fn list_images(&self, request: v1::ListImagesRequest) -> Result<v1::ListImagesResponse> {
        let place = place(request.registry)?;
        let name = required("ListImages", "repository_name", request.repository_name)?;
        let size = page_size("ListImages", request.page_size)?;
        let token = page_token(request.page_token);
        let filter = request.filter.map(images::list_filter);
        let id = self.calls.registry_id(&place).map(|id| id.to_string());
        let page = self.calls.ecr(Operation::ListImages, &place, |ecr| {
            let call = ecr.list_images().set_registry_id(id.clone()).repository_name(&name);
            call.set_filter(filter.clone()).set_max_results(size).set_next_token(token.clone()).send()
        });
        let page = page.await?;
        let image_ids = page.image_ids.unwrap_or_default();
        self.calls.count_images(Operation::ListImages, image_ids.len());
        Ok(v1::ListImagesResponse {
            image_ids: image_ids.into_iter().map(images::identifier).collect(),
            next_page_token: page.next_token.unwrap_or_default(),
        })
    }

    fn stream_images(&self, request: v1::StreamImagesRequest) -> EcrStream<v1::ImageIdentifier> {
        let this = self.clone();
        paging::elements("ListImages", move |page_token| {
            let (this, request) = (this.clone(), request.clone());
            async move {
                let page = v1::ListImagesRequest {
                    registry: request.registry,
                    repository_name: request.repository_name,
                    filter: request.filter,
                    page_size: LARGEST_PAGE,
                    page_token,
                };
                let page = this.list_images(page).await?;
                Ok((page.image_ids, page.next_page_token))
            }
        })
    }

    async fn describe_images(
        &self,
        request: v1::DescribeImagesRequest,
    ) -> Result<v1::DescribeImagesResponse> {
        let place = place(request.registry)?;
        let name = required("DescribeImages", "repository_name", request.repository_name)?;
        if request.image_ids.is_empty() {
            let size = page_size("DescribeImages", request.page_size)?;
            let token = page_token(request.page_token);
            return describe::page(&self.calls, &place, &name, request.filter, size, token).await;
        }
        no_pages("DescribeImages", request.page_size, &request.page_token, request.filter.is_some())?;
        let ids = image_ids("DescribeImages", request.image_ids)?;
        let image_details = describe::named(&self.calls, &place, &name, ids).await?;
        Ok(v1::DescribeImagesResponse { image_details, next_page_token: String::new() })
    }

    fn stream_image_details(&self, request: v1::StreamImageDetailsRequest) -> EcrStream<v1::ImageDetail> {
        let this = self.clone();
        paging::elements("DescribeImages", move |page_token| {
            let (this, request) = (this.clone(), request.clone());
            async move {
                let page = v1::DescribeImagesRequest {
                    registry: request.registry,
                    repository_name: request.repository_name,
                    image_ids: Vec::new(),
                    filter: request.filter,
                    page_size: LARGEST_PAGE,
                    page_token,
                };
                let page = this.describe_images(page).await?;
                Ok((page.image_details, page.next_page_token))
            }
        })
    }

    async fn get_image(&self, request: v1::GetImageRequest) -> Result<v1::GetImageResponse> {
        let place = place(request.registry)?;
        let name = required("BatchGetImage", "repository_name", request.repository_name)?;
        let id = image_id("BatchGetImage", request.image_id)?;
        let image = fetch::one(&self.calls, &place, &name, id, request.accepted_media_types).await?;
        let config = match request.with_config {
            true => Some(self.configs.of(&place, &name, &image).await?),
            false => None,
        };
        Ok(v1::GetImageResponse { image: Some(image), config })
    }

    async fn batch_get_images(
        &self,
        request: v1::BatchGetImagesRequest,
    ) -> Result<v1::BatchGetImagesResponse> {
        let place = place(request.registry)?;
        let name = required("BatchGetImage", "repository_name", request.repository_name)?;
        let ids = image_ids("BatchGetImage", request.image_ids)?;
        fetch::several(&self.calls, &place, &name, ids, request.accepted_media_types).await
    }

    async fn put_image_tag(&self, request: v1::PutImageTagRequest) -> Result<v1::PutImageTagResponse> {
        let place = place(request.registry)?;
        let name = required("PutImage", "repository_name", request.repository_name)?;
        let tag = required("PutImage", "image_tag", request.image_tag)?;
        let id = image_id("PutImage", request.image_id)?;
        put_tag::put_tag(&self.calls, &place, &name, id, tag).await
    }

    async fn batch_delete_image(
        &self,
        request: v1::BatchDeleteImageRequest,
    ) -> Result<v1::BatchDeleteImageResponse> {
        let place = place(request.registry)?;
        let name = required("BatchDeleteImage", "repository_name", request.repository_name)?;
        let ids = image_ids("BatchDeleteImage", request.image_ids)?;
        delete::delete(&self.calls, &place, &name, ids, request.keep_image).await
    }
}
