//! Why a call is refused, in the words of AWS Query: the same refusals have other codes there than in JSON.
//!
//! Invariant: the one place where such an error becomes a code and a status.

use http::StatusCode;

use crate::{control::errors::Error as Front, faults::Interrupted, wire::refusal};

/// Why a call is refused.
#[derive(Debug)]
pub(super) enum Error {
    /// What calls of every service may be refused for.
    Front(Front),
    Malformed(&'static str),
    MissingAction,
    /// An operation of a version.
    UnknownAction(String, String),
    Validation(&'static str),
    /// With the whole text.
    Denied(String),
    MalformedPolicy,
    /// By so many per cent of what there is room for.
    PackedPolicyTooLarge(usize),
    InvalidIdentityToken(String),
    /// Seconds since 1970: now, and when it ended.
    ExpiredIdentityToken(u64, u64),
}

impl From<Interrupted> for Error {
    fn from(interrupted: Interrupted) -> Self {
        Self::Front(interrupted.into())
    }
}

impl From<Front> for Error {
    fn from(error: Front) -> Self {
        Self::Front(error)
    }
}

impl Error {
    pub(super) fn status(&self) -> StatusCode {
        self.parts().0
    }

    pub(super) fn code(&self) -> &'static str {
        self.parts().1
    }

    /// The document that a client gets.
    pub(super) fn document(&self, id: &str) -> String {
        let (status, code, message) = self.parts();
        refusal(status, code, &message, id)
    }

    fn parts(&self) -> (StatusCode, &'static str, String) {
        use StatusCode as S;
        match self {
            Self::Front(error) => front(error),
            Self::Malformed(why) => (S::BAD_REQUEST, "MalformedInput", (*why).to_owned()),
            Self::MissingAction => (S::BAD_REQUEST, "MissingAction", "Missing Action".to_owned()),
            Self::UnknownAction(operation, version) => {
                let text = format!("Could not find operation {operation} for version {version}");
                (S::BAD_REQUEST, "InvalidAction", text)
            }
            Self::Validation(why) => (S::BAD_REQUEST, "ValidationError", (*why).to_owned()),
            Self::Denied(why) => (S::FORBIDDEN, "AccessDenied", why.clone()),
            Self::MalformedPolicy => (
                S::BAD_REQUEST,
                "MalformedPolicyDocument",
                "The policy is not in the valid JSON format.".to_owned(),
            ),
            Self::PackedPolicyTooLarge(percent) => (
                S::BAD_REQUEST,
                "PackedPolicyTooLarge",
                format!("Packed size of session policy and tags consumes {percent}% of allotted space."),
            ),
            Self::InvalidIdentityToken(why) => (S::BAD_REQUEST, "InvalidIdentityToken", why.clone()),
            Self::ExpiredIdentityToken(now, end) => (
                S::BAD_REQUEST,
                "ExpiredTokenException",
                format!(
                    "Token expired: current date/time {now} must be before the expiration date/time {end}"
                ),
            ),
        }
    }
}

/// What the other protocol calls a client's mistake has a name of its own here.
fn front(error: &Front) -> (StatusCode, &'static str, String) {
    use StatusCode as S;
    let (status, code) = match error {
        Front::MissingToken => {
            return (
                S::FORBIDDEN,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token".to_owned(),
            );
        }
        Front::IncompleteSignature(_) => (S::BAD_REQUEST, "IncompleteSignature"),
        Front::UnknownKey => (S::FORBIDDEN, "InvalidClientTokenId"),
        Front::Signature(_) => (S::FORBIDDEN, "SignatureDoesNotMatch"),
        Front::ExpiredToken => (S::FORBIDDEN, "ExpiredToken"),
        Front::InvalidParameter(_) => (S::BAD_REQUEST, "ValidationError"),
        Front::Serialization(_) => (S::BAD_REQUEST, "MalformedInput"),
        _ => (S::INTERNAL_SERVER_ERROR, "InternalFailure"),
    };
    (status, code, error.message())
}
