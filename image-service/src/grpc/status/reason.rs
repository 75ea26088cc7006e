//! The reason of an error: what machines tell errors by, and the domain that it is of.

use imageservice_proto::{ERROR_DOMAIN, ecr::v1::ERROR_DOMAIN as ECR_DOMAIN, v1::ErrorReason};

use crate::error::Error;

pub(super) fn domain(error: &Error) -> &'static str {
    match error {
        Error::Ecr(_) => ECR_DOMAIN,
        Error::Shared(error) => domain(error),
        _ => ERROR_DOMAIN,
    }
}

pub(super) fn reason(error: &Error) -> &'static str {
    let reason = match error {
        Error::Ecr(error) => return error.reason.name(),
        Error::Stranger(_) => ErrorReason::CallerUnknown,
        Error::RoleInsufficient { .. } => ErrorReason::RoleInsufficient,
        Error::NoSuchCall { .. } => ErrorReason::Unsupported,
        Error::Reference(_) => ErrorReason::ReferenceInvalid,
        Error::Platform(_) => ErrorReason::PlatformInvalid,
        Error::RegistryHost(_) | Error::Change(_) | Error::Argument(_) => ErrorReason::ArgumentInvalid,
        Error::ReservedName(_) => ErrorReason::NameReserved,
        Error::ImageNotFound { .. }
        | Error::NoSuchReference
        | Error::NoTagsHere { .. }
        | Error::NoSuchTagHere { .. } => ErrorReason::ImageNotFound,
        Error::LayersUnavailable { .. } => ErrorReason::LayersUnavailable,
        Error::TagImmutable { .. } => ErrorReason::TagImmutable,
        Error::Archive(_) => ErrorReason::ArchiveInvalid,
        Error::AmbiguousId { .. } => ErrorReason::ImageIdAmbiguous,
        Error::Referenced { .. } => ErrorReason::ImageReferenced,
        Error::ManifestUnknown { .. } => ErrorReason::ManifestUnknown,
        Error::RepositoryUnknown { .. } => ErrorReason::RepositoryUnknown,
        Error::DeniedOrNotFound { .. } => ErrorReason::DeniedOrNotFound,
        Error::Denied { .. } => ErrorReason::Denied,
        Error::CredentialsRequired { .. } => ErrorReason::CredentialsRequired,
        Error::CredentialsRejected { .. } => ErrorReason::CredentialsRejected,
        Error::RateLimited { .. } => ErrorReason::RateLimited,
        Error::QuotaExhausted { .. } => ErrorReason::QuotaExhausted,
        Error::RegistryUnavailable { .. } => ErrorReason::RegistryUnavailable,
        Error::RegistryProtocol { .. } => ErrorReason::RegistryProtocol,
        Error::PlatformUnavailable { .. } => ErrorReason::PlatformUnavailable,
        Error::Schema1 { .. } => ErrorReason::Schema1Unsupported,
        Error::NotAnImage { .. } => ErrorReason::NotAnImage,
        Error::ManifestInvalid { .. } => ErrorReason::ManifestInvalid,
        Error::ContentMismatch { .. } => ErrorReason::ContentMismatch,
        Error::TooLarge { .. } => ErrorReason::ContentTooLarge,
        Error::TargetRefused { .. } => ErrorReason::TargetRefused,
        Error::CloudCredentials { .. } => ErrorReason::CloudCredentialsUnavailable,
        Error::CredentialsNotFound { .. } => ErrorReason::CredentialsNotFound,
        Error::CredentialsUnreadable { .. } => ErrorReason::CredentialsUnreadable,
        Error::SealingKey { .. } => ErrorReason::SealingKeyUnavailable,
        Error::Busy { .. } => ErrorReason::Busy,
        Error::Draining => ErrorReason::Draining,
        Error::EventsExpired { .. } => ErrorReason::EventsExpired,
        Error::NotIndexed { .. } => ErrorReason::ImageNotIndexed,
        Error::EmbedderUnavailable { .. } => ErrorReason::EmbedderUnavailable,
        Error::Cancelled(_) => ErrorReason::Cancelled,
        Error::StoreUnavailable(_) => ErrorReason::StoreUnavailable,
        Error::Internal(_) => ErrorReason::Internal,
        Error::Shared(error) => return reason(error),
    };
    reason.as_str_name()
}
