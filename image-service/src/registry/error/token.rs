//! What becomes of a token endpoint's answer.

use http::StatusCode;
use url::Url;

use super::{
    super::{
        ask::{Ask, Wanted},
        endpoint::Endpoint,
        error_body::ErrorBody,
        guard::{Refusal, authority},
        transport::{Answer, Failure},
    },
    DENIED, broken, credentials_required, denied, target_refused, unexpected,
};
use crate::error::Error;

const WRONG_PASSWORD: &str = "incorrect username or password";

/// A token endpoint's refusal.
pub(in crate::registry) fn token_refusal(
    endpoint: &Endpoint,
    ask: &Ask<'_>,
    answer: &Answer,
    identified: bool,
) -> Error {
    let registry = endpoint.registry.to_string();
    let body = ErrorBody::read(&answer.body);
    let login = matches!(ask.wanted, Wanted::Login);
    match answer.status {
        StatusCode::UNAUTHORIZED if identified => Error::CredentialsRejected {
            registry,
            detail: match body {
                ErrorBody::Worded(words) => words,
                _ => WRONG_PASSWORD.to_owned(),
            },
        },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if !login => {
            denied(endpoint, ask, DENIED.to_owned())
        }
        StatusCode::UNAUTHORIZED => credentials_required(endpoint, ask),
        StatusCode::FORBIDDEN => Error::CredentialsRejected { registry, detail: body.message_or(DENIED) },
        // With an identity token, OAuth's `invalid_grant` is a 400.
        StatusCode::BAD_REQUEST if identified => {
            Error::CredentialsRejected { registry, detail: body.message_or(WRONG_PASSWORD) }
        }
        status => unexpected(endpoint, status, &ErrorBody::Empty),
    }
}

/// A token endpoint without a whole answer.
pub(in crate::registry) fn token_failure(
    endpoint: &Endpoint,
    ask: &Ask<'_>,
    failure: Failure,
    cap: u64,
) -> Error {
    match failure {
        Failure::TooLarge => {
            Error::TooLarge { what: format!("token answer for registry {}", endpoint.registry), limit: cap }
        }
        Failure::Torn { unanswered, .. } => token_failure(endpoint, ask, *unanswered, cap),
        other => super::failure(endpoint, ask, other),
    }
}

/// A token endpoint's answer that has no token.
pub(in crate::registry) fn no_token(endpoint: &Endpoint, why: &str) -> Error {
    broken(endpoint, format!("authorization server did not include a token in the response{why}"))
}

/// A secret that its registry wants sent to a stranger.
pub(in crate::registry) fn secret_withheld(endpoint: &Endpoint, realm: &Url) -> Error {
    let target = authority(realm);
    let why = "it is not known to belong to the registry, and would get its credentials";
    target_refused(&endpoint.registry, Refusal { target, why })
}
