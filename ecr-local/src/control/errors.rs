//! Why a call is refused, and what a client is told then (the exceptions of the service model, and those of AWS's front door).
//!
//! Invariant: the one place where an error becomes a code and a status; `texts` has what is said with it. What goes wrong on our side is logged
//! and not told.

use http::StatusCode;
use serde_json::{Value, json};

use super::{ecs::TaskRefusal, refusal::Refusal};
use crate::faults::Interrupted;

/// A repository as texts name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) repository: String,
}

/// Why a call is refused.
#[derive(Debug)]
pub(crate) enum Error {
    /// A body that is no JSON, or has values of other types.
    Serialization(String),
    UnknownOperation,
    /// In the model, and not here.
    Unsupported(String),
    MissingToken,
    IncompleteSignature(&'static str),
    UnknownKey,
    /// Temporary credentials that are over.
    ExpiredToken,
    /// With what is wrong.
    Signature(String),
    /// A registry of another account.
    Denied(String),
    InvalidParameter(String),
    /// An operation outside of the Region that has it.
    UnsupportedCommand(String),
    /// By an alias that no account has.
    RegistryNotFound(Place),
    CatalogDataNotFound(Place),
    RepositoryNotFound(Place),
    RepositoryExists(Place),
    RepositoryNotEmpty(Place),
    /// By digest and tag, either of which may be missing.
    ImageNotFound(Place, Option<String>, Option<String>),
    ImageExists(Place, String, Option<String>),
    ImageTagExists(Place, String),
    ImageDigestMismatch,
    LayersNotFound(Place, String),
    LayerNotFound(Place, String),
    LayerInaccessible(Place, String),
    ReferencedImagesNotFound(Place, String),
    UploadNotFound(Place, String),
    /// The upload, and the last byte that it has; -1 if it has none.
    InvalidLayerPart(Place, String, i64),
    InvalidLayer(Place, String),
    LayerPartTooSmall(i64),
    LayerExists(Place, String),
    EmptyUpload(Place, String),
    /// The most that there may be.
    TooManyParts(i64),
    TooManyTags,
    InvalidTag(&'static str),
    RepositoryPolicyNotFound(Place),
    RegistryPolicyNotFound(String),
    LifecyclePolicyNotFound(Place),
    PreviewNotFound(Place),
    PreviewInProgress(Place),
    /// By a fault that was set, which has its own answer.
    Interrupted,
    Refused(Refusal),
    Task(TaskRefusal),
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A parameter that its shape allows and its meaning does not.
    pub(crate) fn parameter(member: &str, what: &str) -> Self {
        Self::InvalidParameter(format!(
            "Invalid parameter at '{member}' failed to satisfy constraint: '{what}'"
        ))
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Serialization(_) => "SerializationException",
            Self::UnknownOperation => "UnknownOperationException",
            Self::Unsupported(_) => "UnsupportedOperationException",
            Self::MissingToken => "MissingAuthenticationTokenException",
            Self::IncompleteSignature(_) => "IncompleteSignatureException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::UnknownKey => "UnrecognizedClientException",
            Self::Signature(_) => "InvalidSignatureException",
            Self::Denied(_) => "AccessDeniedException",
            Self::InvalidParameter(_) => "InvalidParameterException",
            Self::UnsupportedCommand(_) => "UnsupportedCommandException",
            Self::RegistryNotFound(_) => "RegistryNotFoundException",
            Self::CatalogDataNotFound(_) => "RepositoryCatalogDataNotFoundException",
            Self::RepositoryNotFound(_) => "RepositoryNotFoundException",
            Self::RepositoryExists(_) => "RepositoryAlreadyExistsException",
            Self::RepositoryNotEmpty(_) => "RepositoryNotEmptyException",
            Self::ImageNotFound(..) => "ImageNotFoundException",
            Self::ImageExists(..) => "ImageAlreadyExistsException",
            Self::ImageTagExists(..) => "ImageTagAlreadyExistsException",
            Self::ImageDigestMismatch => "ImageDigestDoesNotMatchException",
            Self::LayersNotFound(..) | Self::LayerNotFound(..) => "LayersNotFoundException",
            Self::LayerInaccessible(..) => "LayerInaccessibleException",
            Self::ReferencedImagesNotFound(..) => "ReferencedImagesNotFoundException",
            Self::UploadNotFound(..) => "UploadNotFoundException",
            Self::InvalidLayerPart(..) => "InvalidLayerPartException",
            Self::InvalidLayer(..) => "InvalidLayerException",
            Self::LayerPartTooSmall(_) => "LayerPartTooSmallException",
            Self::LayerExists(..) => "LayerAlreadyExistsException",
            Self::EmptyUpload(..) => "EmptyUploadException",
            Self::TooManyParts(_) => "LimitExceededException",
            Self::TooManyTags => "TooManyTagsException",
            Self::InvalidTag(_) => "InvalidTagParameterException",
            Self::RepositoryPolicyNotFound(_) => "RepositoryPolicyNotFoundException",
            Self::RegistryPolicyNotFound(_) => "RegistryPolicyNotFoundException",
            Self::LifecyclePolicyNotFound(_) => "LifecyclePolicyNotFoundException",
            Self::PreviewNotFound(_) => "LifecyclePolicyPreviewNotFoundException",
            Self::PreviewInProgress(_) => "LifecyclePolicyPreviewInProgressException",
            Self::Interrupted => "Interrupted",
            Self::Refused(refusal) => refusal.code(),
            Self::Task(refusal) => refusal.code(),
            Self::Internal(_) => "ServerException",
        }
    }

    /// The document that a client gets.
    pub(crate) fn document(&self) -> Value {
        let mut document = json!({ "__type": self.code(), "message": self.message() });
        if let Self::InvalidLayerPart(place, upload, last) = self {
            document["registryId"] = place.account.as_str().into();
            document["repositoryName"] = place.repository.as_str().into();
            document["uploadId"] = upload.as_str().into();
            document["lastValidByteReceived"] = (*last).into();
        }
        if let Self::Task(TaskRefusal::Conflict(tasks)) = self {
            document["resourceIds"] = json!(tasks);
        }
        document
    }
}

impl From<TaskRefusal> for Error {
    fn from(refusal: TaskRefusal) -> Self {
        Self::Task(refusal)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<Interrupted> for Error {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
