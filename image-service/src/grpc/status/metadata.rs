//! What goes along with the reason of an error, by name.

use std::collections::HashMap;

use super::{ecr, shown};
use crate::error::Error;

/// What a machine wants to know besides the reason.
pub(super) fn metadata(operation: &str, error: &Error) -> HashMap<String, String> {
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
