//! The one place where what a registry answered becomes a domain error, in the words that Docker's clients know.
//!
//! Registries answer 401, 403 and 404 alike for what is missing and for what may not be seen; the error says which of these it
//! cannot be, and does not guess.

mod token;

use std::time::Duration;

use http::{Method, StatusCode};

use super::{
    ask::{Ask, MANIFEST_CAP, Verb, Wanted},
    challenge::Challenge,
    endpoint::Endpoint,
    error_body::ErrorBody,
    guard::Refusal,
    redirect::is_same_origin,
    transport::{Answer, Failure, operation},
};
use crate::{
    error::Error,
    model::{ManifestFault, RegistryHost},
};

pub(super) use token::{no_token, secret_withheld, token_failure, token_refusal};

const DENIED: &str = "requested access to the resource is denied";

/// A refusal without a word of why, as an answer to a HEAD is.
pub(super) fn is_wordless(error: &Error) -> bool {
    matches!(error.root(), Error::Denied { detail, .. } if detail == DENIED)
}

/// A registry's refusal. `identified`: the request carried a credential, or a token that was given for one.
pub(super) fn refusal(endpoint: &Endpoint, ask: &Ask<'_>, answer: &Answer, identified: bool) -> Error {
    if !is_same_origin(&endpoint.base, &answer.url) {
        // A blob store's body has signed URLs and key names in it.
        return unexpected(endpoint, answer.status, &ErrorBody::Empty);
    }
    let body = ErrorBody::read(&answer.body);
    if let Wanted::Login = ask.wanted {
        return login_refusal(endpoint, ask, answer, identified);
    }
    match answer.status {
        StatusCode::UNAUTHORIZED => unauthorized(endpoint, ask, answer, &body, identified),
        StatusCode::FORBIDDEN => forbidden(endpoint, ask, &body, identified),
        StatusCode::NOT_FOUND => not_found(endpoint, ask, &body),
        _ if is_bad_manifest(ask, &body) => Error::ManifestInvalid {
            reference: ask.wanted.reference(),
            why: body.message_or("the registry does not take it"),
        },
        status => unexpected(endpoint, status, &body),
    }
}

fn is_bad_manifest(ask: &Ask<'_>, body: &ErrorBody) -> bool {
    matches!(ask.wanted, Wanted::NewManifest { .. }) && matches!(body.code(), "MANIFEST_INVALID")
}

fn unauthorized(
    endpoint: &Endpoint,
    ask: &Ask<'_>,
    answer: &Answer,
    body: &ErrorBody,
    identified: bool,
) -> Error {
    let challenge = Challenge::read(&answer.headers);
    let known = matches!(challenge, Some(Challenge::Bearer(bearer)) if bearer.error == "insufficient_scope");
    if known || (!identified && !ask.push) || body.code() == "DENIED" {
        return denied(endpoint, ask, DENIED.to_owned());
    }
    let detail = body.message_or("authentication required");
    Error::CredentialsRejected { registry: endpoint.registry.to_string(), detail }
}

fn forbidden(endpoint: &Endpoint, ask: &Ask<'_>, body: &ErrorBody, identified: bool) -> Error {
    let detail = body.message_or(DENIED);
    // ECR says this once its 12 hours are over.
    if detail.contains("token has expired") {
        return Error::CredentialsRejected { registry: endpoint.registry.to_string(), detail };
    }
    if identified && body.code() != "DENIED" {
        return Error::Denied { registry: endpoint.registry.to_string(), detail };
    }
    denied(endpoint, ask, detail)
}

/// Who pulls cannot tell what is forbidden from what is missing; who pushes is told.
fn denied(endpoint: &Endpoint, ask: &Ask<'_>, detail: String) -> Error {
    if ask.push {
        return Error::Denied { registry: endpoint.registry.to_string(), detail };
    }
    let repository = ask.wanted.repository().map(|repository| repository.familiar()).unwrap_or_default();
    Error::DeniedOrNotFound { repository, detail }
}

fn not_found(endpoint: &Endpoint, ask: &Ask<'_>, body: &ErrorBody) -> Error {
    if let ErrorBody::Unreadable(why) = body {
        return Error::RegistryProtocol {
            registry: endpoint.registry.to_string(),
            detail: format!("error parsing HTTP 404 response body: {why}"),
            retryable: false,
        };
    }
    let repository = ask.wanted.repository().map(|repository| repository.familiar()).unwrap_or_default();
    match (body.code(), ask.wanted) {
        ("NAME_UNKNOWN", _) | (_, Wanted::Tags { .. }) => Error::RepositoryUnknown {
            repository,
            detail: body.message_or("repository name not known to registry"),
        },
        // To open a session, nothing but the repository has to be there; within one, its own loss is told.
        ("" | "NOT_FOUND" | "UNKNOWN", Wanted::Upload { .. }) if ask.verb == Verb::Post => {
            Error::RepositoryUnknown {
                repository,
                detail: body.message_or("repository name not known to registry"),
            }
        }
        (_, Wanted::Upload { .. } | Wanted::NewManifest { .. } | Wanted::Blob { .. }) => {
            unexpected(endpoint, StatusCode::NOT_FOUND, body)
        }
        (_, Wanted::Config { .. }) => Error::RegistryProtocol {
            registry: endpoint.registry.to_string(),
            detail: format!(
                "error pulling image configuration: blob unknown: {}",
                body.message_or("blob unknown to registry")
            ),
            retryable: false,
        },
        _ => Error::ManifestUnknown {
            reference: ask.wanted.reference(),
            detail: body.message_or("manifest unknown"),
        },
    }
}

fn unexpected(endpoint: &Endpoint, status: StatusCode, body: &ErrorBody) -> Error {
    let retryable = status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT;
    let detail = match body {
        ErrorBody::Coded { code, message } if status.is_client_error() => {
            format!("{}: {message}", code.to_ascii_lowercase().replace('_', " "))
        }
        _ => format!("received unexpected HTTP status: {status}"),
    };
    Error::RegistryProtocol { registry: endpoint.registry.to_string(), detail, retryable }
}

fn login_refusal(endpoint: &Endpoint, ask: &Ask<'_>, answer: &Answer, identified: bool) -> Error {
    let registry = endpoint.registry.to_string();
    let detail =
        format!("login attempt to {} failed with status: {}", ask.url(&endpoint.base), answer.status);
    match answer.status {
        StatusCode::UNAUTHORIZED if !identified => credentials_required(endpoint, ask),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Error::CredentialsRejected { registry, detail },
        status => Error::RegistryProtocol { registry, detail, retryable: status.is_server_error() },
    }
}

/// A Basic challenge and nothing to answer it with. Docker's first request for a manifest is a HEAD, and its users search for this line.
pub(super) fn credentials_required(endpoint: &Endpoint, ask: &Ask<'_>) -> Error {
    let method = if let Wanted::Manifest { .. } = ask.wanted { Method::HEAD } else { ask.method() };
    Error::CredentialsRequired {
        registry: endpoint.registry.to_string(),
        operation: operation(&method, &ask.url(&endpoint.base)),
    }
}

/// An answer that no registry gives.
pub(super) fn broken(endpoint: &Endpoint, detail: impl Into<String>) -> Error {
    Error::RegistryProtocol {
        registry: endpoint.registry.to_string(),
        detail: detail.into(),
        retryable: false,
    }
}

/// A success where there can be none: a website has a page for everything.
pub(super) fn no_success(endpoint: &Endpoint, answer: &Answer) -> Error {
    broken(endpoint, format!("received unexpected HTTP status: {}", answer.status))
}

/// A request without a whole answer.
pub(super) fn failure(endpoint: &Endpoint, ask: &Ask<'_>, failure: Failure) -> Error {
    let registry = endpoint.registry.to_string();
    match (failure, ask.wanted) {
        (Failure::Inner(error), _) => error,
        (Failure::Refused(refusal), _) => target_refused(&endpoint.registry, refusal),
        (Failure::NoAnswer { operation, phase, cause, .. }, _) => {
            Error::RegistryUnavailable { registry, operation, phase, cause }
        }
        (Failure::Torn { received, .. }, Wanted::Config { config, .. }) => Error::ContentMismatch {
            what: "image config",
            expected: config.digest.to_string(),
            found: format!("{received} bytes of {}", config.size),
        },
        (Failure::Torn { unanswered, .. }, _) => self::failure(endpoint, ask, *unanswered),
        (Failure::TooLarge, Wanted::Config { config, .. }) => Error::ContentMismatch {
            what: "image config",
            expected: config.digest.to_string(),
            found: format!("more than {} bytes", config.size),
        },
        (Failure::TooLarge, wanted) => Error::TooLarge { what: large(&wanted), limit: wanted.cap() },
        (Failure::Redirects(operation), _) => Error::RegistryProtocol {
            registry,
            detail: format!("{operation}: stopped after too many redirects"),
            retryable: false,
        },
    }
}

fn large(wanted: &Wanted<'_>) -> String {
    match wanted {
        Wanted::Manifest { .. } | Wanted::NewManifest { .. } => {
            format!("manifest for {}", wanted.reference())
        }
        Wanted::Blob { .. } | Wanted::Upload { .. } => {
            format!("answer to the upload to {}", wanted.reference())
        }
        Wanted::Config { .. } => format!("image config of {}", wanted.reference()),
        Wanted::Tags { .. } => format!("list of tags of {}", wanted.reference()),
        Wanted::Login => "answer to the login".to_owned(),
    }
}

/// A manifest that its index says is too large to read.
pub(super) fn manifest_too_large(ask: &Ask<'_>) -> Error {
    Error::TooLarge { what: large(&ask.wanted), limit: MANIFEST_CAP }
}

/// An address that is not dialled.
pub(super) fn target_refused(registry: &RegistryHost, refusal: Refusal) -> Error {
    let Refusal { target, why } = refusal;
    Error::TargetRefused { registry: registry.to_string(), target, why: why.to_owned() }
}

/// Too many requests, by a limit that soon allows more.
pub(super) fn rate_limited(endpoint: &Endpoint, answer: &Answer, retry_after: Option<Duration>) -> Error {
    let detail = throttle_detail(answer);
    Error::RateLimited { registry: endpoint.registry.to_string(), detail, retry_after }
}

/// What a registry says of a limit.
pub(super) fn throttle_detail(answer: &Answer) -> String {
    match ErrorBody::read(&answer.body) {
        ErrorBody::Unreadable(_) | ErrorBody::Empty => {
            let text = String::from_utf8_lossy(&answer.body);
            let text = super::error_body::shown(text.trim(), 256);
            if text.is_empty() || text.starts_with('<') { "Too Many Requests".to_owned() } else { text }
        }
        body => body.message_or("Too Many Requests"),
    }
}

/// Content that was served as a manifest and is none.
pub(super) fn manifest_fault(reference: String, fault: ManifestFault) -> Error {
    match fault {
        ManifestFault::Schema1 => Error::Schema1 { reference },
        ManifestFault::NotAnImage(media_type) => {
            let media_type = super::error_body::shown(&media_type, 128);
            Error::NotAnImage { reference, media_type }
        }
        ManifestFault::Invalid(why) => {
            Error::ManifestInvalid { reference, why: super::error_body::shown(&why, 256) }
        }
    }
}
