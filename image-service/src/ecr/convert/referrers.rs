//! Referrers, and conditions on them.

use aws_sdk_ecr::types::{ArtifactStatus, ArtifactStatusFilter, ImageReferrer, ListImageReferrersFilter};
use imageservice_proto::ecr::v1;

use super::size;

pub(in super::super) fn referrer(referrer: ImageReferrer) -> v1::ImageReferrer {
    let status = referrer.artifact_status.as_ref().map_or(v1::ArtifactStatus::Unspecified, status);
    v1::ImageReferrer {
        digest: referrer.digest,
        media_type: referrer.media_type,
        artifact_type: referrer.artifact_type.unwrap_or_default(),
        size: size(Some(referrer.size)),
        annotations: referrer.annotations.unwrap_or_default(),
        artifact_status: status.into(),
    }
}

fn status(status: &ArtifactStatus) -> v1::ArtifactStatus {
    match status {
        ArtifactStatus::Active => v1::ArtifactStatus::Active,
        ArtifactStatus::Archived => v1::ArtifactStatus::Archived,
        ArtifactStatus::Activating => v1::ArtifactStatus::Activating,
        _ => v1::ArtifactStatus::Unknown,
    }
}

/// Nothing where the client says nothing.
pub(in super::super) fn filter(wanted: v1::ReferrerFilter) -> ListImageReferrersFilter {
    let status = match wanted.artifact_status() {
        v1::ArtifactStatusFilter::Unspecified => None,
        v1::ArtifactStatusFilter::Active => Some(ArtifactStatusFilter::Active),
        v1::ArtifactStatusFilter::Archived => Some(ArtifactStatusFilter::Archived),
        v1::ArtifactStatusFilter::Activating => Some(ArtifactStatusFilter::Activating),
        v1::ArtifactStatusFilter::Any => Some(ArtifactStatusFilter::Any),
    };
    let types = Some(wanted.artifact_types).filter(|types| !types.is_empty());
    ListImageReferrersFilter::builder().set_artifact_types(types).set_artifact_status(status).build()
}
