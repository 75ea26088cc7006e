//! The one place where a domain error becomes a gRPC status: code, text, and google.rpc details.

mod ecr;

use std::{collections::HashMap, error::Error as _, time::Duration};

use imageservice_proto::{ERROR_DOMAIN, ecr::v1::ERROR_DOMAIN as ECR_DOMAIN, v1::ErrorReason};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::error::Error;

/// By then another service may have been found, or this one be back.
const COME_AGAIN: Duration = Duration::from_secs(5);
/// A text in a status is cut off here.
const MOST_TEXT: usize = 1024;

/// Turns the error of an operation into its status, and logs it once.
pub(super) fn failed(operation: &'static str) -> impl Fn(Error) -> Status {
    move |error| {
        let error = error.root();
        log(operation, error);
        let mut details = details(error);
        details.set_error_info(reason(error), domain(error), metadata(operation, error));
        Status::with_error_details(code(error), shown(error), details)
    }
}

/// As text for a status. A status travels in HTTP/2 headers: one that is longer than a client takes ends the whole connection, and with it the
/// calls of others. What callers and registries wrote can be of any length.
fn shown(text: impl ToString) -> String {
    let mut text = text.to_string();
    if text.len() > MOST_TEXT {
        text.truncate(text.floor_char_boundary(MOST_TEXT));
        text.push('…');
    }
    text
}

fn log(operation: &str, error: &Error) {
    let reason = reason(error);
    let mut causes = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes = format!("{causes}: {cause}");
        source = cause.source();
    }
    match code(error) {
        Code::Internal | Code::Unavailable | Code::DataLoss | Code::Unknown => {
            tracing::error!(operation, reason, "{operation} failed: {error}{causes}");
        }
        _ => tracing::info!(operation, reason, "{operation} refused: {error}{causes}"),
    }
}

fn domain(error: &Error) -> &'static str {
    match error {
        Error::Ecr(_) => ECR_DOMAIN,
        Error::Shared(error) => domain(error),
        _ => ERROR_DOMAIN,
    }
}

fn reason(error: &Error) -> &'static str {
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

fn code(error: &Error) -> Code {
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

/// What a machine wants to know besides the reason.
fn metadata(operation: &str, error: &Error) -> HashMap<String, String> {
    if let Error::Ecr(error) = error {
        return ecr::metadata(error);
    }
    let mut metadata = HashMap::from([("operation".to_owned(), operation.to_owned())]);
    let mut add = |key: &str, value: &str| metadata.insert(key.to_owned(), shown(value));
    match error {
        Error::RoleInsufficient { caller, call, needed } => {
            add("identity", &caller.name);
            add("role", caller.role.as_str());
            add("needed", needed.as_str());
            add("call", call);
        }
        Error::ImageNotFound { name }
        | Error::AmbiguousId { name }
        | Error::NotIndexed { name }
        | Error::LayersUnavailable { name } => {
            add("name", name);
        }
        Error::ManifestUnknown { reference, .. }
        | Error::Schema1 { reference }
        | Error::NotAnImage { reference, .. }
        | Error::NoSuchTagHere { reference }
        | Error::TagImmutable { reference, .. }
        | Error::ManifestInvalid { reference, .. } => {
            add("reference", reference);
        }
        Error::PlatformUnavailable { reference, wanted, available } => {
            add("reference", reference);
            add("platform", wanted);
            add("available", &available.join(","));
        }
        Error::RepositoryUnknown { repository, .. }
        | Error::NoTagsHere { repository }
        | Error::DeniedOrNotFound { repository, .. } => {
            add("repository", repository);
        }
        Error::QuotaExhausted { registry, limit, remaining, counted_for, .. } => {
            add("registry", registry);
            add("limit", &limit.map_or(String::new(), |limit| limit.to_string()));
            add("remaining", &remaining.map_or(String::new(), |remaining| remaining.to_string()));
            add("source", counted_for.as_deref().unwrap_or_default());
        }
        Error::Denied { registry, .. }
        | Error::CredentialsRequired { registry, .. }
        | Error::CredentialsRejected { registry, .. }
        | Error::RateLimited { registry, .. }
        | Error::RegistryUnavailable { registry, .. }
        | Error::RegistryProtocol { registry, .. }
        | Error::TargetRefused { registry, .. }
        | Error::CloudCredentials { registry, .. }
        | Error::CredentialsNotFound { registry }
        | Error::CredentialsUnreadable { registry } => {
            add("registry", registry);
        }
        Error::ContentMismatch { expected, found, .. } => {
            add("expected", expected);
            add("found", found);
        }
        Error::EventsExpired { oldest, newest, .. } => {
            add("oldest", &oldest.to_string());
            add("newest", &newest.to_string());
        }
        Error::Shared(_)
        | Error::NoSuchReference
        | Error::Reference(_)
        | Error::Platform(_)
        | Error::RegistryHost(_)
        | Error::Change(_)
        | Error::Argument(_)
        | Error::ReservedName(_)
        | Error::Referenced { .. }
        | Error::TooLarge { .. }
        | Error::Archive(_)
        | Error::Busy { .. }
        | Error::Draining
        | Error::Ecr(_)
        | Error::EmbedderUnavailable { .. }
        | Error::SealingKey { .. }
        | Error::Cancelled(_)
        | Error::StoreUnavailable(_)
        | Error::Internal(_)
        | Error::NoSuchCall { .. }
        | Error::Stranger(_) => {}
    }
    metadata
}

/// When to come back, and which object or field was meant.
fn details(error: &Error) -> ErrorDetails {
    let mut details = ErrorDetails::new();
    match error {
        Error::Ecr(error) => return ecr::details(error),
        Error::RateLimited { retry_after, .. } | Error::QuotaExhausted { retry_after, .. } => {
            details.set_retry_info(*retry_after);
        }
        Error::RegistryUnavailable { .. }
        | Error::RegistryProtocol { retryable: true, .. }
        | Error::CloudCredentials { retryable: true, .. }
        | Error::EmbedderUnavailable { retryable: true, .. }
        | Error::SealingKey { retryable: true, .. }
        | Error::StoreUnavailable(_) => {
            details.set_retry_info(Some(Duration::from_secs(1)));
        }
        Error::Busy { waited, .. } => {
            details.set_retry_info(Some(*waited));
        }
        Error::Draining => {
            details.set_retry_info(Some(COME_AGAIN));
        }
        Error::ImageNotFound { name } => {
            details.set_resource_info("image", shown(name), "", "");
        }
        Error::ManifestUnknown { reference, .. } => {
            details.set_resource_info("manifest", shown(reference), "", "");
        }
        Error::RepositoryUnknown { repository, .. } => {
            details.set_resource_info("repository", shown(repository), "", "");
        }
        Error::Reference(why) => {
            details.add_bad_request_violation("reference", shown(why));
        }
        Error::Platform(why) => {
            details.add_bad_request_violation("platform", shown(why));
        }
        Error::RegistryHost(why) => {
            details.add_bad_request_violation("registry", shown(why));
        }
        Error::Change(why) => {
            details.add_bad_request_violation("changes", shown(why));
        }
        _ => {}
    }
    if let Error::QuotaExhausted { registry, detail, .. } = error {
        details.add_quota_failure_violation(registry, shown(detail));
    }
    details
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_the_reason_the_operation_and_the_object() {
        let status = failed("Inspect")(Error::ImageNotFound { name: "nginx:latest".into() });
        assert_eq!((status.code(), status.message()), (Code::NotFound, "No such image: nginx:latest"));
        let info = status.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("IMAGE_NOT_FOUND", "imageservice.v1"));
        assert_eq!(info.metadata["operation"], "Inspect");
        assert_eq!(info.metadata["name"], "nginx:latest");
    }

    #[test]
    fn a_throttle_says_when_to_come_back() {
        let status = failed("Pull")(Error::RateLimited {
            registry: "docker.io".into(),
            detail: "slow down".into(),
            retry_after: Some(Duration::from_secs(7)),
        });
        let retry = status.get_details_retry_info().unwrap();
        assert_eq!(retry.retry_delay, Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_fault_of_the_service_shows_nothing_of_its_cause() {
        let status = failed("List")(Error::internal("disk path /secret"));
        assert_eq!((status.code(), status.message()), (Code::Internal, "internal error"));
    }

    #[test]
    fn a_status_fits_into_headers_whatever_a_caller_wrote() {
        let name = "ä".repeat(100_000);
        let status = failed("Inspect")(Error::ImageNotFound { name });
        assert!(status.message().len() < 2 * MOST_TEXT && status.details().len() < 4 * MOST_TEXT);
        assert!(status.message().ends_with('…'));
    }

    #[test]
    fn who_shares_a_failure_sees_the_failure() {
        let shared = Error::Shared(std::sync::Arc::new(Error::ReservedName("scratch".into())));
        let status = failed("Pull")(shared);
        assert_eq!(status.get_details_error_info().unwrap().reason, "NAME_RESERVED");
    }
}
