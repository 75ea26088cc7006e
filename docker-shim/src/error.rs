//! What goes wrong, as HTTP status and text. The image service's texts are Docker's already; its reasons choose the status.

use std::borrow::Cow;

use http::{HeaderMap, StatusCode, header};
use imageservice_proto::{ERROR_DOMAIN, v1::ErrorReason};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::upstream::CallError;

/// An error answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) message: Cow<'static, str>,
    /// For the log.
    pub(crate) reason: &'static str,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), reason: status.canonical_reason().unwrap_or_default() }
    }

    /// The request itself is wrong.
    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// There is no such object.
    pub(crate) fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// Docker can do it, this server cannot. Clients look for the words "not supported" in the text.
    pub(crate) fn unsupported(message: &'static str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, message)
    }

    /// Whether the operator of this host has something to mend, and not the client or a registry.
    pub(crate) fn is_ours(&self) -> bool {
        let unnamed = StatusCode::INTERNAL_SERVER_ERROR.canonical_reason();
        matches!(
            self.reason,
            "CALLER_UNKNOWN" | "INTERNAL" | "PANIC" | "STORE_UNAVAILABLE" | "SERVICE_UNREACHABLE"
        ) || Some(self.reason) == unnamed
    }

    /// The text of what failed after its answer had begun, where the log is the only other place to say so.
    pub(crate) fn told_late(self, call: &'static str) -> String {
        let reason = self.reason;
        if self.is_ours() {
            tracing::error!(call, reason, "failed after the answer began");
        } else {
            tracing::info!(call, reason, "failed after the answer began");
        }
        self.message.into_owned()
    }

    /// A failed call, where rejected credentials have the given status.
    pub(crate) fn of_call(error: CallError, rejected: StatusCode) -> Self {
        match error {
            CallError::Unreachable(message) | CallError::Lost(message) => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                message: message.into(),
                reason: "SERVICE_UNREACHABLE",
            },
            CallError::TimedOut(message) => Self {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                message: message.into(),
                reason: "DEADLINE_EXCEEDED",
            },
            CallError::Refused(status) => Self::of_status(&status, rejected),
        }
    }

    /// A failed look into a registry: what the registry said keeps the status that it said it with.
    pub(crate) fn of_distribution(error: CallError) -> Self {
        let failure = Self::from(error);
        let status = match failure.reason {
            "DENIED" => StatusCode::FORBIDDEN,
            "RATE_LIMITED" | "QUOTA_EXHAUSTED" => StatusCode::TOO_MANY_REQUESTS,
            _ => failure.status,
        };
        Self { status, ..failure }
    }

    fn of_status(status: &Status, rejected: StatusCode) -> Self {
        let message = text_of(status);
        match reason_of(status) {
            Some(reason) => {
                Self { status: status_of_reason(reason, rejected), message, reason: reason.as_str_name() }
            }
            None => Self {
                status: status_of_code(status.code(), rejected),
                message,
                reason: status.code().description(),
            },
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::of_call(error, StatusCode::UNAUTHORIZED)
    }
}

/// The status of rejected credentials in a pull: docker CLI before 29 opens a login prompt at 401 and never comes back in a CI job.
pub(crate) fn rejected_in_pull(headers: &HeaderMap) -> StatusCode {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let Some(client) = agent.and_then(|agent| agent.strip_prefix("Docker-Client/")) else {
        return StatusCode::UNAUTHORIZED;
    };
    let digits =
        client.find(|c: char| !c.is_ascii_digit()).and_then(|end| client.get(..end)).unwrap_or(client);
    let major = digits.parse::<u32>().ok();
    if major.is_some_and(|major| major >= 29) {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}

/// Clients show an empty text as a fault of the server.
fn text_of(status: &Status) -> Cow<'static, str> {
    match status.message() {
        "" => status.code().description().into(),
        text => text.to_owned().into(),
    }
}

fn reason_of(status: &Status) -> Option<ErrorReason> {
    let info = status.get_details_error_info().filter(|info| info.domain == ERROR_DOMAIN)?;
    ErrorReason::from_str_name(&info.reason)
}

fn status_of_reason(reason: ErrorReason, rejected: StatusCode) -> StatusCode {
    use ErrorReason as Reason;
    match reason {
        Reason::ReferenceInvalid | Reason::PlatformInvalid | Reason::ArgumentInvalid => {
            StatusCode::BAD_REQUEST
        }
        Reason::NameReserved | Reason::RoleInsufficient => StatusCode::FORBIDDEN,
        Reason::ImageNotFound
        | Reason::ImageIdAmbiguous
        | Reason::ManifestUnknown
        | Reason::RepositoryUnknown
        | Reason::DeniedOrNotFound
        | Reason::PlatformUnavailable
        | Reason::CredentialsNotFound => StatusCode::NOT_FOUND,
        Reason::ImageReferenced => StatusCode::CONFLICT,
        Reason::CallerUnknown | Reason::CredentialsRejected => rejected,
        Reason::Unsupported => StatusCode::NOT_IMPLEMENTED,
        Reason::Busy | Reason::Draining | Reason::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Reason::Unspecified
        | Reason::Denied
        | Reason::CredentialsRequired
        | Reason::CredentialsUnreadable
        | Reason::CloudCredentialsUnavailable
        | Reason::SealingKeyUnavailable
        | Reason::RateLimited
        | Reason::QuotaExhausted
        | Reason::RegistryUnavailable
        | Reason::RegistryProtocol
        | Reason::Schema1Unsupported
        | Reason::NotAnImage
        | Reason::ManifestInvalid
        | Reason::ContentMismatch
        | Reason::ContentTooLarge
        | Reason::TargetRefused
        | Reason::TagImmutable
        | Reason::ArchiveInvalid
        | Reason::LayersUnavailable
        | Reason::ImageNotIndexed
        | Reason::EmbedderUnavailable
        | Reason::EventsExpired
        | Reason::Cancelled
        | Reason::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// For a status without a reason, as a proxy between the two sends it.
fn status_of_code(code: Code, rejected: StatusCode) -> StatusCode {
    match code {
        Code::InvalidArgument | Code::OutOfRange | Code::FailedPrecondition => StatusCode::BAD_REQUEST,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::Unauthenticated => rejected,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Internal
        | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use tonic_types::ErrorDetails;

    use super::*;

    fn http_of(code: Code, reason: &str) -> u16 {
        let details = ErrorDetails::with_error_info(reason, ERROR_DOMAIN, std::collections::HashMap::new());
        let status = Status::with_error_details(code, "text", details);
        let failure = Failure::from(CallError::Refused(status));
        assert_eq!(failure.message, "text");
        failure.status.as_u16()
    }

    #[test]
    fn the_reason_wins_over_the_code() {
        for (reason, status) in [
            ("REFERENCE_INVALID", 400),
            ("PLATFORM_INVALID", 400),
            ("ARGUMENT_INVALID", 400),
            ("NAME_RESERVED", 403),
            ("CALLER_UNKNOWN", 401),
            ("ROLE_INSUFFICIENT", 403),
            ("IMAGE_NOT_FOUND", 404),
            ("IMAGE_ID_AMBIGUOUS", 404),
            ("IMAGE_REFERENCED", 409),
            ("MANIFEST_UNKNOWN", 404),
            ("DENIED_OR_NOT_FOUND", 404),
            ("CREDENTIALS_REQUIRED", 500),
            ("CREDENTIALS_REJECTED", 401),
            ("RATE_LIMITED", 500),
            ("REGISTRY_UNAVAILABLE", 500),
            ("STORE_UNAVAILABLE", 503),
            ("DRAINING", 503),
            ("UNSUPPORTED", 501),
            ("INTERNAL", 500),
        ] {
            assert_eq!(http_of(Code::DataLoss, reason), status, "{reason}");
        }
    }

    #[test]
    fn a_deadline_that_passes_is_told_from_a_service_that_is_away() {
        let status = |error| Failure::from(error).status.as_u16();
        assert_eq!(status(CallError::TimedOut("text".to_owned())), 500);
        assert_eq!(status(CallError::Unreachable("text".to_owned())), 503);
    }

    #[test]
    fn an_unknown_reason_falls_back_to_the_code() {
        assert_eq!(http_of(Code::NotFound, "NEWER_THAN_THIS_SHIM"), 404);
        assert_eq!(http_of(Code::ResourceExhausted, ""), 500);
    }

    #[test]
    fn what_a_registry_does_is_no_error_of_this_host() {
        let of = |reason: &str| {
            let details =
                ErrorDetails::with_error_info(reason, ERROR_DOMAIN, std::collections::HashMap::new());
            Failure::from(CallError::Refused(Status::with_error_details(Code::Unknown, "text", details)))
        };
        assert!(of("INTERNAL").is_ours());
        assert!(of("STORE_UNAVAILABLE").is_ours());
        assert!(Failure::from(CallError::Unreachable("text".to_owned())).is_ours());
        assert!(Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "text").is_ours());
        assert!(!of("RATE_LIMITED").is_ours());
        assert!(!of("REGISTRY_UNAVAILABLE").is_ours());
        assert!(!Failure::from(CallError::TimedOut("text".to_owned())).is_ours());
    }

    #[test]
    fn clients_that_would_hang_get_no_401_from_a_pull() {
        for (agent, status) in [
            ("Docker-Client/28.2.2 (linux)", 500),
            ("Docker-Client/20.10.24 (linux)", 500),
            ("Docker-Client/unknown-version (linux)", 500),
            ("Docker-Client/29.0.0 (linux)", 401),
            ("Docker-Client/30 (linux)", 401),
            ("python-requests/2.31", 401),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
            assert_eq!(rejected_in_pull(&headers).as_u16(), status, "{agent}");
        }
        assert_eq!(rejected_in_pull(&HeaderMap::new()), 401);
    }
}
