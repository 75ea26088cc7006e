//! Why a request is refused, and what a client is told then (distribution-spec, "Error Codes").
//!
//! Invariant: the one place where an error becomes a status and a code. What goes wrong on our side is logged and not told.

use std::fmt;

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{answer, uploads};
use crate::model::{Digest, RepositoryName};
use crate::{
    faults::Interrupted,
    manifest::ManifestError,
    pull_through::UpstreamError,
    wire::{Answer, Broken, Content, ErrorCode},
};

/// Why a request is refused.
#[derive(Debug)]
pub(crate) enum Error {
    /// No such path.
    NotFound,
    /// Not with this method; the text lists those that there are.
    Method(&'static str),
    NameInvalid,
    NameUnknown(RepositoryName),
    BlobUnknown(Digest),
    /// No manifest by this tag or digest, which may be neither.
    ManifestUnknown(String),
    /// The manifest is in the archive, or on its way back.
    ManifestArchived(Digest),
    /// The manifest is there in a media type that the client does not accept.
    NotAccepted(String),
    ManifestInvalid(String),
    ManifestBlobUnknown(Digest),
    /// The same, as ECR says it: of this repository of this account.
    LayersUnknown(RepositoryName, Box<str>, Digest),
    ManifestTooLarge,
    TagInvalid,
    DigestInvalid(&'static str),
    /// The body is longer or shorter than announced.
    SizeInvalid,
    /// A chunk does not begin where the upload ends: at this size, of the upload at this place.
    OutOfOrder {
        location: String,
        size: u64,
    },
    /// A `Content-Range` that is none.
    ContentRange,
    /// A blob of this size has no such range.
    Range(u64),
    UploadUnknown,
    /// Another request writes to the upload.
    UploadBusy,
    /// The client stopped sending.
    Broken,
    /// Pagination.
    PageInvalid,
    /// With the challenge.
    Unauthorized(String),
    /// Whoever this is has no business in this registry.
    Denied,
    /// The password was good once.
    Expired,
    /// The repository lets no tag move that is there.
    TagImmutable(String),
    /// Nothing comes from upstream.
    Upstream(UpstreamError),
    /// A switch, or what still refers to it, forbids it.
    Unsupported(String),
    /// By a fault that was set, which has its own answer.
    Interrupted,
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(crate) fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// Status, code, text, and what the code is about.
    fn parts(&self) -> (StatusCode, &'static str, String, Value) {
        use StatusCode as S;
        let plain = |status, code, text: &str| (status, code, text.to_owned(), Value::Null);
        match self {
            Self::NotFound => plain(S::NOT_FOUND, "UNSUPPORTED", "there is no such endpoint"),
            Self::Method(_) => plain(S::METHOD_NOT_ALLOWED, "UNSUPPORTED", "the operation is unsupported"),
            Self::NameInvalid => plain(S::BAD_REQUEST, "NAME_INVALID", "invalid repository name"),
            Self::NameUnknown(name) => {
                about(S::NOT_FOUND, "NAME_UNKNOWN", "repository name not known to registry", "name", name)
            }
            Self::BlobUnknown(digest) => {
                about(S::NOT_FOUND, "BLOB_UNKNOWN", "blob unknown to registry", "digest", digest)
            }
            Self::ManifestUnknown(reference) => {
                about(S::NOT_FOUND, "MANIFEST_UNKNOWN", "manifest unknown", "reference", reference)
            }
            Self::ManifestArchived(digest) => {
                about(S::NOT_FOUND, "MANIFEST_UNKNOWN", "the image is archived", "digest", digest)
            }
            Self::NotAccepted(media_type) => about(
                S::NOT_FOUND,
                "MANIFEST_UNKNOWN",
                "the manifest is of a type that the Accept header does not list",
                "mediaType",
                media_type,
            ),
            Self::ManifestInvalid(why) => plain(S::BAD_REQUEST, "MANIFEST_INVALID", why),
            Self::ManifestBlobUnknown(digest) => about(
                S::NOT_FOUND,
                "MANIFEST_BLOB_UNKNOWN",
                "the manifest refers to content that the repository does not have",
                "digest",
                digest,
            ),
            Self::LayersUnknown(name, account, digest) => (
                S::NOT_FOUND,
                "BLOB_UPLOAD_UNKNOWN",
                format!(
                    "Layers with digests '[{digest}]' required for pushing image into repository with name '{name}' in the registry with id '{account}' do not exist"
                ),
                Value::Null,
            ),
            Self::ManifestTooLarge => {
                plain(S::PAYLOAD_TOO_LARGE, "MANIFEST_INVALID", "the manifest is larger than 4 MiB")
            }
            Self::TagInvalid => plain(S::BAD_REQUEST, "TAG_INVALID", "invalid tag or digest"),
            Self::DigestInvalid(why) => plain(S::BAD_REQUEST, "DIGEST_INVALID", why),
            Self::SizeInvalid => {
                plain(S::BAD_REQUEST, "SIZE_INVALID", "the content has another length than announced")
            }
            Self::OutOfOrder { size, .. } => about(
                S::RANGE_NOT_SATISFIABLE,
                "BLOB_UPLOAD_INVALID",
                "the chunk does not begin where the upload ends",
                "size",
                size,
            ),
            Self::ContentRange => plain(S::BAD_REQUEST, "BLOB_UPLOAD_INVALID", "invalid Content-Range"),
            Self::Range(size) => {
                about(S::RANGE_NOT_SATISFIABLE, "SIZE_INVALID", "the blob has no such range", "size", size)
            }
            Self::UploadUnknown => {
                plain(S::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
            }
            Self::UploadBusy => {
                plain(S::CONFLICT, "BLOB_UPLOAD_INVALID", "another request is writing to this upload")
            }
            Self::Broken => plain(S::BAD_REQUEST, "BLOB_UPLOAD_INVALID", "the content did not arrive"),
            Self::PageInvalid => {
                plain(S::BAD_REQUEST, "PAGINATION_NUMBER_INVALID", "invalid number of results requested")
            }
            Self::Unauthorized(_) => plain(S::UNAUTHORIZED, "UNAUTHORIZED", "authentication required"),
            Self::Denied => plain(S::FORBIDDEN, "DENIED", "the token is for another registry"),
            Self::Expired => plain(
                S::FORBIDDEN,
                "DENIED",
                "Your authorization token has expired. Reauthenticate and try again.",
            ),
            Self::TagImmutable(tag) => about(
                S::BAD_REQUEST,
                "TAG_INVALID",
                "the tag exists already and the repository is immutable",
                "tag",
                tag,
            ),
            Self::Upstream(error) => upstream(error),
            Self::Unsupported(why) => plain(S::METHOD_NOT_ALLOWED, "UNSUPPORTED", why),
            Self::Interrupted => plain(S::INTERNAL_SERVER_ERROR, "UNKNOWN", "a fault that was set"),
            Self::Internal(_) => {
                plain(S::INTERNAL_SERVER_ERROR, "UNKNOWN", "internal error, see the log of the registry")
            }
        }
    }

    /// What the client gets.
    pub(crate) fn answer(self) -> Answer {
        let (status, code, message, detail) = self.parts();
        let mut error = json!({ "code": code, "message": message });
        if !detail.is_null() {
            error["detail"] = detail;
        }
        let body = json!({ "errors": [error] }).to_string();
        let mut answer = answer::with(status, Content::Whole(body.into()));
        answer.extensions_mut().insert(ErrorCode(code.into()));
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, text) in self.headers() {
            headers.extend(HeaderValue::from_str(&text).ok().map(|value| (name, value)));
        }
        answer
    }

    fn headers(&self) -> Vec<(HeaderName, String)> {
        match self {
            Self::Method(allowed) => vec![(header::ALLOW, (*allowed).to_owned())],
            Self::Unauthorized(challenge) => vec![(header::WWW_AUTHENTICATE, challenge.clone())],
            Self::Range(size) => vec![(header::CONTENT_RANGE, format!("bytes */{size}"))],
            Self::OutOfOrder { location, size } => {
                vec![(header::LOCATION, location.clone()), (header::RANGE, uploads::range(*size))]
            }
            _ => Vec::new(),
        }
    }
}

fn about(
    status: StatusCode,
    code: &'static str,
    text: &str,
    key: &str,
    value: impl fmt::Display,
) -> (StatusCode, &'static str, String, Value) {
    (status, code, text.to_owned(), json!({ key: value.to_string() }))
}

fn upstream(error: &UpstreamError) -> (StatusCode, &'static str, String, Value) {
    use StatusCode as S;
    let (status, code) = match error {
        UpstreamError::NotFound => (S::NOT_FOUND, "MANIFEST_UNKNOWN"),
        UpstreamError::AccessDenied | UpstreamError::Secret(_) => (S::FORBIDDEN, "DENIED"),
        UpstreamError::TooManyRequests => (S::TOO_MANY_REQUESTS, "TOOMANYREQUESTS"),
        UpstreamError::Unavailable(_) | UpstreamError::Internal(_) => (S::BAD_GATEWAY, "UNAVAILABLE"),
    };
    (status, code, error.to_string(), Value::Null)
}

impl From<UpstreamError> for Error {
    fn from(error: UpstreamError) -> Self {
        match error {
            UpstreamError::Internal(why) => Self::internal(why),
            error => Self::Upstream(error),
        }
    }
}

impl From<ManifestError> for Error {
    fn from(error: ManifestError) -> Self {
        Self::ManifestInvalid(error.0)
    }
}

impl From<Interrupted> for Error {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<Broken> for Error {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::internal(error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::internal(error)
    }
}
