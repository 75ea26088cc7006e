//! Why a request is refused, and what its client is told then: `{"error": "…"}`.

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use crate::{
    seed::SeedError,
    wire::{Answer, Content},
};

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("there is no such place")]
    NotFound,
    #[error("the method does nothing here")]
    Method,
    #[error("only clients on this machine have any business here")]
    Forbidden,
    #[error("{0}")]
    Invalid(String),
    #[error("the body is too large")]
    TooLarge,
    #[error("the body did not arrive")]
    Broken,
    #[error("internal error, see the log of the registry")]
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Invalid(_) | Self::Broken => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn answer(self) -> Answer {
        if let Self::Internal(cause) = &self {
            tracing::error!(%cause, "admin request failed");
        }
        let document = json!({ "error": self.to_string() });
        let mut answer = Response::new(Content::Whole(document.to_string().into()));
        *answer.status_mut() = self.status();
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        answer
    }
}

impl From<SeedError> for Error {
    fn from(error: SeedError) -> Self {
        match error {
            SeedError::Store(cause) => Self::Internal(cause),
            mistake => Self::Invalid(mistake.to_string()),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Internal(error.into())
    }
}
