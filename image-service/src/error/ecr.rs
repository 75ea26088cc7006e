//! The failure of one call of ECR, ECR Public or ECS.

use std::{collections::BTreeMap, time::Duration};

use super::{Cause, EcrReason};

/// Why a call failed, and what AWS said. The text is AWS's, or this service's if AWS was not asked or did not answer; it never has a secret.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {message}")]
pub struct EcrError {
    /// Why.
    pub reason: EcrReason,
    /// AWS's name of the operation.
    pub operation: &'static str,
    /// For people.
    pub message: String,
    /// Whether the same call may well succeed later, given that it may be made again at all.
    pub retryable: bool,
    /// When to come back, if that is known.
    pub retry_after: Option<Duration>,
    /// AWS's name of the request, if there was an answer.
    pub request_id: Option<String>,
    /// Where it was made.
    pub region: Option<String>,
    /// The registry that was meant, if one was named.
    pub registry: Option<String>,
    /// What the error has besides its text, as `lastValidByteReceived` or `kmsError`.
    pub members: BTreeMap<String, String>,
    /// For the log only.
    #[source]
    pub cause: Option<Cause>,
}

impl EcrError {
    /// A refusal of this service's own: AWS was not asked, and asking again changes nothing.
    pub fn refused(reason: EcrReason, operation: &'static str, message: impl Into<String>) -> Self {
        Self {
            reason,
            operation,
            message: message.into(),
            retryable: false,
            retry_after: None,
            request_id: None,
            region: None,
            registry: None,
            members: BTreeMap::new(),
            cause: None,
        }
    }
}
