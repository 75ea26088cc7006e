//! Repositories.

use aws_sdk_ecr::types::{self as aws, ImageTagMutability};
use imageservice_proto::ecr::v1;

use super::timestamp;

/// A repository. What the registry says of scans is not known here.
pub(in super::super) fn repository(repository: aws::Repository) -> v1::Repository {
    let filters = repository.image_tag_mutability_exclusion_filters.unwrap_or_default();
    v1::Repository {
        registry_id: repository.registry_id.unwrap_or_default(),
        repository_name: repository.repository_name.unwrap_or_default(),
        repository_arn: repository.repository_arn.unwrap_or_default(),
        repository_uri: repository.repository_uri.unwrap_or_default(),
        created_at: repository.created_at.map(timestamp),
        image_tag_mutability: repository
            .image_tag_mutability
            .as_ref()
            .map_or_else(Default::default, mutability)
            .into(),
        image_tag_mutability_exclusion_filters: filters.into_iter().map(exclusion).collect(),
        image_scanning_configuration: repository
            .image_scanning_configuration
            .map(|scanning| v1::ScanConfig { scan_on_push: scanning.scan_on_push, ..Default::default() }),
        encryption_configuration: repository.encryption_configuration.map(encryption),
    }
}

fn mutability(mutability: &ImageTagMutability) -> v1::TagMutability {
    match mutability {
        ImageTagMutability::Mutable => v1::TagMutability::Mutable,
        ImageTagMutability::Immutable => v1::TagMutability::Immutable,
        ImageTagMutability::ImmutableWithExclusion => v1::TagMutability::ImmutableWithExclusion,
        ImageTagMutability::MutableWithExclusion => v1::TagMutability::MutableWithExclusion,
        _ => v1::TagMutability::Unknown,
    }
}

fn exclusion(filter: aws::ImageTagMutabilityExclusionFilter) -> v1::TagMutabilityExclusionFilter {
    v1::TagMutabilityExclusionFilter {
        filter_type: filter.filter_type.as_str().to_owned(),
        filter: filter.filter,
    }
}

fn encryption(encryption: aws::EncryptionConfiguration) -> v1::EncryptionConfig {
    let encryption_type = match encryption.encryption_type.as_str() {
        "AES256" => v1::EncryptionType::Aes256,
        "KMS" => v1::EncryptionType::Kms,
        "KMS_DSSE" => v1::EncryptionType::KmsDsse,
        _ => v1::EncryptionType::Unknown,
    };
    v1::EncryptionConfig {
        encryption_type: encryption_type.into(),
        kms_key: encryption.kms_key.unwrap_or_default(),
    }
}

pub(in super::super) fn scan_type(scan_type: &aws::ScanType) -> v1::ScanType {
    match scan_type {
        aws::ScanType::Basic => v1::ScanType::Basic,
        aws::ScanType::Enhanced => v1::ScanType::Enhanced,
        _ => v1::ScanType::Unspecified,
    }
}

pub(in super::super) fn scan_frequency(frequency: &aws::ScanFrequency) -> v1::ScanFrequency {
    match frequency {
        aws::ScanFrequency::ScanOnPush => v1::ScanFrequency::ScanOnPush,
        aws::ScanFrequency::ContinuousScan => v1::ScanFrequency::ContinuousScan,
        aws::ScanFrequency::Manual => v1::ScanFrequency::Manual,
        _ => v1::ScanFrequency::Unknown,
    }
}
