//! Images and identifiers, in both directions.

use aws_sdk_ecr::types::{self as aws, ImageFailureCode};
use imageservice_proto::ecr::v1;

use super::{scans, size, timestamp};

/// An empty half is left out.
pub(in super::super) fn to_aws(id: v1::ImageIdentifier) -> aws::ImageIdentifier {
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    aws::ImageIdentifier::builder()
        .set_image_digest(given(id.image_digest))
        .set_image_tag(given(id.image_tag))
        .build()
}

pub(in super::super) fn identifier(id: aws::ImageIdentifier) -> v1::ImageIdentifier {
    v1::ImageIdentifier {
        image_digest: id.image_digest.unwrap_or_default(),
        image_tag: id.image_tag.unwrap_or_default(),
    }
}

pub(in super::super) fn image(image: aws::Image) -> v1::Image {
    v1::Image {
        registry_id: image.registry_id.unwrap_or_default(),
        repository_name: image.repository_name.unwrap_or_default(),
        image_id: image.image_id.map(identifier),
        image_manifest: image.image_manifest.unwrap_or_default(),
        image_manifest_media_type: image.image_manifest_media_type.unwrap_or_default(),
    }
}

pub(in super::super) fn failure(failure: aws::ImageFailure) -> v1::ImageFailure {
    let code = failure.failure_code.as_ref();
    v1::ImageFailure {
        image_id: failure.image_id.map(identifier),
        failure_code: code.map_or(v1::ImageFailureCode::Unspecified, failure_code).into(),
        failure_reason: failure.failure_reason.unwrap_or_default(),
        raw_failure_code: code.map(|code| code.as_str().to_owned()).unwrap_or_default(),
    }
}

fn failure_code(code: &ImageFailureCode) -> v1::ImageFailureCode {
    match code {
        ImageFailureCode::InvalidImageDigest => v1::ImageFailureCode::InvalidImageDigest,
        ImageFailureCode::InvalidImageTag => v1::ImageFailureCode::InvalidImageTag,
        ImageFailureCode::ImageTagDoesNotMatchDigest => v1::ImageFailureCode::ImageTagDoesNotMatchDigest,
        ImageFailureCode::ImageNotFound => v1::ImageFailureCode::ImageNotFound,
        ImageFailureCode::MissingDigestAndTag => v1::ImageFailureCode::MissingDigestAndTag,
        ImageFailureCode::ImageReferencedByManifestList => {
            v1::ImageFailureCode::ImageReferencedByManifestList
        }
        ImageFailureCode::KmsError => v1::ImageFailureCode::KmsError,
        ImageFailureCode::UpstreamAccessDenied => v1::ImageFailureCode::UpstreamAccessDenied,
        ImageFailureCode::UpstreamTooManyRequests => v1::ImageFailureCode::UpstreamTooManyRequests,
        ImageFailureCode::UpstreamUnavailable => v1::ImageFailureCode::UpstreamUnavailable,
        ImageFailureCode::ImageInaccessible => v1::ImageFailureCode::ImageInaccessible,
        _ => v1::ImageFailureCode::Unknown,
    }
}

pub(in super::super) fn detail(detail: aws::ImageDetail) -> v1::ImageDetail {
    let status = detail.image_status.as_ref().map_or(v1::ImageStatus::Unspecified, image_status);
    v1::ImageDetail {
        registry_id: detail.registry_id.unwrap_or_default(),
        repository_name: detail.repository_name.unwrap_or_default(),
        image_digest: detail.image_digest.unwrap_or_default(),
        image_tags: detail.image_tags.unwrap_or_default(),
        image_size_in_bytes: size(detail.image_size_in_bytes),
        image_pushed_at: detail.image_pushed_at.map(timestamp),
        image_scan_status: detail.image_scan_status.map(scans::status),
        image_scan_findings_summary: detail.image_scan_findings_summary.map(scans::summary),
        image_manifest_media_type: detail.image_manifest_media_type.unwrap_or_default(),
        artifact_media_type: detail.artifact_media_type.unwrap_or_default(),
        last_recorded_pull_time: detail.last_recorded_pull_time.map(timestamp),
        subject_manifest_digest: detail.subject_manifest_digest.unwrap_or_default(),
        image_status: status.into(),
        last_archived_at: detail.last_archived_at.map(timestamp),
        last_activated_at: detail.last_activated_at.map(timestamp),
    }
}

fn image_status(status: &aws::ImageStatus) -> v1::ImageStatus {
    match status {
        aws::ImageStatus::Active => v1::ImageStatus::Active,
        aws::ImageStatus::Archived => v1::ImageStatus::Archived,
        aws::ImageStatus::Activating => v1::ImageStatus::Activating,
        _ => v1::ImageStatus::Unknown,
    }
}

/// For ListImages, which has a type of its own for the same.
pub(in super::super) fn list_filter(wanted: v1::ImageFilter) -> aws::ListImagesFilter {
    let (tag_status, image_status) = filter(wanted);
    aws::ListImagesFilter::builder().set_tag_status(tag_status).set_image_status(image_status).build()
}

/// For DescribeImages.
pub(in super::super) fn describe_filter(wanted: v1::ImageFilter) -> aws::DescribeImagesFilter {
    let (tag_status, image_status) = filter(wanted);
    aws::DescribeImagesFilter::builder().set_tag_status(tag_status).set_image_status(image_status).build()
}

/// Both halves; nothing where the client says nothing.
fn filter(filter: v1::ImageFilter) -> (Option<aws::TagStatus>, Option<aws::ImageStatusFilter>) {
    use v1::image_filter::{Storage, Tagged};
    let tag_status = match filter.tag_status() {
        Tagged::Unspecified => None,
        Tagged::Tagged => Some(aws::TagStatus::Tagged),
        Tagged::Untagged => Some(aws::TagStatus::Untagged),
        Tagged::Any => Some(aws::TagStatus::Any),
    };
    let image_status = match filter.image_status() {
        Storage::Unspecified => None,
        Storage::Active => Some(aws::ImageStatusFilter::Active),
        Storage::Archived => Some(aws::ImageStatusFilter::Archived),
        Storage::Activating => Some(aws::ImageStatusFilter::Activating),
        Storage::Any => Some(aws::ImageStatusFilter::Any),
    };
    (tag_status, image_status)
}
