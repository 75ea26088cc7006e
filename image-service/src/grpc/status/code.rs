//! The gRPC code of an error: what clients do about it that do not know its reason.

use tonic::Code;

use super::ecr;
use crate::error::Error;

pub(super) fn code(error: &Error) -> Code {
    match error {
        Error::Reference(_)
        | Error::Platform(_)
        | Error::RegistryHost(_)
        | Error::Change(_)
        | Error::Argument(_)
        | Error::ReservedName(_)
        | Error::Archive(_)
        | Error::AmbiguousId { .. } => Code::InvalidArgument,
        Error::ImageNotFound { .. }
        | Error::NoSuchReference
        | Error::NoTagsHere { .. }
        | Error::NoSuchTagHere { .. }
        | Error::ManifestUnknown { .. }
        | Error::RepositoryUnknown { .. }
        | Error::PlatformUnavailable { .. }
        | Error::CredentialsNotFound { .. } => Code::NotFound,
        Error::Referenced { .. }
        | Error::LayersUnavailable { .. }
        | Error::TagImmutable { .. }
        | Error::CredentialsUnreadable { .. }
        | Error::NotIndexed { .. }
        | Error::EmbedderUnavailable { retryable: false, .. }
        | Error::SealingKey { retryable: false, .. }
        | Error::Schema1 { .. }
        | Error::NotAnImage { .. }
        | Error::ManifestInvalid { .. } => Code::FailedPrecondition,
        Error::RoleInsufficient { .. }
        | Error::DeniedOrNotFound { .. }
        | Error::Denied { .. }
        | Error::TargetRefused { .. } => Code::PermissionDenied,
        Error::Stranger(_) | Error::CredentialsRequired { .. } | Error::CredentialsRejected { .. } => {
            Code::Unauthenticated
        }
        Error::NoSuchCall { .. } => Code::Unimplemented,
        Error::RateLimited { .. } | Error::QuotaExhausted { .. } | Error::TooLarge { .. } => {
            Code::ResourceExhausted
        }
        Error::Busy { .. }
        | Error::Draining
        | Error::RegistryUnavailable { .. }
        | Error::StoreUnavailable(_) => Code::Unavailable,
        Error::EventsExpired { .. } => Code::OutOfRange,
        Error::RegistryProtocol { retryable: true, .. }
        | Error::CloudCredentials { retryable: true, .. }
        | Error::EmbedderUnavailable { retryable: true, .. }
        | Error::SealingKey { retryable: true, .. } => Code::Unavailable,
        Error::CloudCredentials { retryable: false, .. } => Code::FailedPrecondition,
        Error::RegistryProtocol { retryable: false, .. } | Error::Internal(_) => Code::Internal,
        Error::ContentMismatch { .. } => Code::DataLoss,
        Error::Cancelled(_) => Code::Cancelled,
        Error::Ecr(error) => ecr::code(error),
        Error::Shared(error) => code(error),
    }
}
