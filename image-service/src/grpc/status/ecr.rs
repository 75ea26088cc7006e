//! The part of the mapping that is about calls of AWS: their reasons have a domain of their own.

use std::{collections::HashMap, time::Duration};

use tonic::Code;
use tonic_types::ErrorDetails;

use super::shown;
use crate::error::{EcrError, EcrReason, EcrTrouble};

/// When to come back if AWS did not say.
const SOON: Duration = Duration::from_secs(1);

pub(super) fn code(error: &EcrError) -> Code {
    match error.reason.trouble() {
        EcrTrouble::NotFound => Code::NotFound,
        EcrTrouble::AlreadyExists => Code::AlreadyExists,
        EcrTrouble::Invalid => Code::InvalidArgument,
        EcrTrouble::Precondition => Code::FailedPrecondition,
        EcrTrouble::Exhausted => Code::ResourceExhausted,
        EcrTrouble::Denied => Code::PermissionDenied,
        EcrTrouble::Unauthenticated => Code::Unauthenticated,
        // A key that is disabled or gone does not come back by itself.
        EcrTrouble::Unavailable if error.reason == EcrReason::KmsError && !error.retryable => {
            Code::FailedPrecondition
        }
        EcrTrouble::Unavailable => Code::Unavailable,
        EcrTrouble::TimedOut => Code::DeadlineExceeded,
        EcrTrouble::Unsupported => Code::Unimplemented,
        EcrTrouble::Corrupt => Code::DataLoss,
        EcrTrouble::Unknown => Code::Unknown,
    }
}

/// AWS's members come first, so that none of them hides what this service says.
pub(super) fn metadata(error: &EcrError) -> HashMap<String, String> {
    let mut metadata: HashMap<_, _> =
        error.members.iter().map(|(name, value)| (name.clone(), shown(value))).collect();
    let mut add = |key: &str, value: Option<&str>| {
        value.map(|value| metadata.insert(key.to_owned(), shown(value)));
    };
    add("operation", Some(error.operation));
    add("region", error.region.as_deref());
    add("registry", error.registry.as_deref());
    add("aws_request_id", error.request_id.as_deref());
    metadata
}

pub(super) fn details(error: &EcrError) -> ErrorDetails {
    let mut details = ErrorDetails::new();
    if error.retryable {
        details.set_retry_info(Some(error.retry_after.unwrap_or(SOON)));
    }
    let name = error.members.get("repositoryName").map(String::as_str).unwrap_or_default();
    let kind = match error.reason {
        EcrReason::RepositoryNotFound | EcrReason::RepositoryAlreadyExists => "repository",
        EcrReason::ImageNotFound | EcrReason::ScanNotFound | EcrReason::ImageAlreadyExists => "image",
        EcrReason::LayersNotFound | EcrReason::LayerInaccessible => "layer",
        EcrReason::LifecyclePolicyNotFound => "lifecycle policy",
        EcrReason::RepositoryPolicyNotFound => "repository policy",
        EcrReason::RegistryNotFound => "registry",
        EcrReason::ClusterNotFound => "cluster",
        EcrReason::ImageTagAlreadyExists => "tag",
        _ => return details,
    };
    details.set_resource_info(
        kind,
        shown(name),
        error.registry.as_deref().unwrap_or_default(),
        shown(&error.message),
    );
    details
}

#[cfg(test)]
#[path = "ecr_tests.rs"]
mod tests;
