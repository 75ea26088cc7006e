//! Why a caller is nobody who is known.

/// What is wrong with what a caller shows. The text holds nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Stranger {
    /// Nothing is shown that could be known.
    #[error("the image service wants to know who asks: show a client certificate or a token")]
    Nameless,
    /// The header is no token that is good: mistyped, taken out of the file, or no bearer token at all.
    #[error("the image service does not know this token")]
    Token,
    /// It is of the right authority, and none of its names is an identity's.
    #[error("the image service knows none of the names in this client certificate")]
    Certificate,
    /// It is on the list of those that are let in no more.
    #[error("this client certificate has been revoked")]
    Revoked,
}
