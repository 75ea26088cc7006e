//! ECR Public.

use aws_sdk_ecrpublic::types as aws;
use imageservice_proto::ecr::v1;

use super::{size, timestamp};

pub(in super::super) fn to_aws(id: v1::ImageIdentifier) -> aws::ImageIdentifier {
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    aws::ImageIdentifier::builder()
        .set_image_digest(given(id.image_digest))
        .set_image_tag(given(id.image_tag))
        .build()
}

pub(in super::super) fn repository(repository: aws::Repository) -> v1::PublicRepository {
    v1::PublicRepository {
        registry_id: repository.registry_id.unwrap_or_default(),
        repository_name: repository.repository_name.unwrap_or_default(),
        repository_arn: repository.repository_arn.unwrap_or_default(),
        repository_uri: repository.repository_uri.unwrap_or_default(),
        created_at: repository.created_at.map(timestamp),
    }
}

pub(in super::super) fn detail(detail: aws::ImageDetail) -> v1::PublicImageDetail {
    v1::PublicImageDetail {
        registry_id: detail.registry_id.unwrap_or_default(),
        repository_name: detail.repository_name.unwrap_or_default(),
        image_digest: detail.image_digest.unwrap_or_default(),
        image_tags: detail.image_tags.unwrap_or_default(),
        image_size_in_bytes: size(detail.image_size_in_bytes),
        image_pushed_at: detail.image_pushed_at.map(timestamp),
        image_manifest_media_type: detail.image_manifest_media_type.unwrap_or_default(),
        artifact_media_type: detail.artifact_media_type.unwrap_or_default(),
    }
}
