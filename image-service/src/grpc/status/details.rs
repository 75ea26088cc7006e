//! The other details of an error: what google.rpc has messages for.

use std::time::Duration;

use tonic_types::ErrorDetails;

use super::{ecr, shown};
use crate::error::Error;

/// Soon it may work again.
const SOON: Duration = Duration::from_secs(1);
/// By then another service may have been found, or this one be back.
const COME_AGAIN: Duration = Duration::from_secs(5);

/// When to come back, and which object or field was meant.
pub(super) fn details(error: &Error) -> ErrorDetails {
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
            details.set_retry_info(Some(SOON));
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
