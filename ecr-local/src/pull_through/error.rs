//! Why nothing came from upstream.

/// Why a secret is of no use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("the secret does not exist")]
    NotFound,
    #[error("the secret cannot be accessed")]
    Inaccessible,
    #[error("the secret cannot be decrypted")]
    Undecryptable,
    #[error("the secret is not a JSON object with username and accessToken")]
    Malformed,
}

/// Why nothing came.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    #[error("the upstream registry has no such content")]
    NotFound,
    #[error("the upstream registry denies access")]
    AccessDenied,
    #[error("the upstream registry has had too many requests")]
    TooManyRequests,
    /// It does not answer, or not with what was asked for.
    #[error("the upstream registry is of no use: {0}")]
    Unavailable(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// On our side.
    #[error("{0}")]
    Internal(String),
}

impl From<sqlx::Error> for UpstreamError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<std::io::Error> for UpstreamError {
    fn from(error: std::io::Error) -> Self {
        Self::Internal(error.to_string())
    }
}
