//! Why a call is refused, and what a client is told then (the exceptions of the service model, and those of AWS's front door).
//!
//! Invariant: the one place where an error becomes a code and a status. What goes wrong on our side is logged and not told.

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

    /// The text that a client gets.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Serialization(why)
            | Self::Signature(why)
            | Self::InvalidParameter(why)
            | Self::Denied(why) => why.clone(),
            Self::IncompleteSignature(why) | Self::InvalidTag(why) => (*why).to_owned(),
            Self::UnknownOperation => "The service has no such operation".to_owned(),
            Self::Unsupported(operation) => format!("{operation} is not supported by this registry"),
            Self::MissingToken => "Missing Authentication Token".to_owned(),
            Self::ExpiredToken => "The security token included in the request is expired".to_owned(),
            Self::UnknownKey => "The security token included in the request is invalid.".to_owned(),
            Self::UnsupportedCommand(operation) => {
                format!("{operation} command is only supported in us-east-1.")
            }
            Self::RegistryNotFound(at) => format!("The registry with id '{}' does not exist", at.account),
            Self::CatalogDataNotFound(at) => format!("Catalog data does not exist for {}", within(at)),
            Self::RepositoryNotFound(at) => {
                format!("{at} does not exist in the registry with id '{}'", at.account)
            }
            Self::RepositoryExists(at) => {
                format!("{at} already exists in the registry with id '{}'", at.account)
            }
            Self::RepositoryNotEmpty(at) => {
                let at = within(at).replacen("the repository", "The repository", 1).replacen(
                    " the registry",
                    " registry",
                    1,
                );
                format!("{at} cannot be deleted because it still contains images")
            }
            Self::ImageNotFound(at, digest, tag) => {
                let (digest, tag) = (half(digest.as_deref()), half(tag.as_deref()));
                format!(
                    "The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist within {}",
                    within(at)
                )
            }
            Self::ImageExists(at, digest, tag) => {
                let tag = half(tag.as_deref());
                format!("Image with digest '{digest}' and tag '{tag}' already exists in {}", within(at))
            }
            Self::ImageTagExists(at, tag) => format!(
                "The image tag '{tag}' already exists in the '{}' repository and cannot be overwritten because the repository is immutable.",
                at.repository
            ),
            Self::ImageDigestMismatch => {
                "The image manifest has another digest than imageDigest says".to_owned()
            }
            Self::LayersNotFound(at, digest) => {
                let (account, name) = (&at.account, &at.repository);
                format!(
                    "Layers with digests '[{digest}]' required for pushing image into repository with name '{name}' in the registry with id '{account}' do not exist"
                )
            }
            Self::LayerNotFound(at, digest) => {
                format!("The layer with digest {digest} does not exist within {}", within(at))
            }
            Self::LayerInaccessible(at, digest) => {
                format!("The layer with digest {digest} belongs to no image within {}", within(at))
            }
            Self::ReferencedImagesNotFound(at, digest) => {
                format!(
                    "Images with digests '[{digest}]' that the manifest refers to do not exist within {}",
                    within(at)
                )
            }
            Self::UploadNotFound(at, id) => {
                format!("The upload with id '{id}' does not exist within {}", within(at))
            }
            Self::InvalidLayerPart(at, id, last) => format!(
                "The part does not begin where the upload with id '{id}' within {} ends, or is not as long as it says; the last valid byte is {last}",
                within(at)
            ),
            Self::InvalidLayer(at, id) => format!(
                "None of the provided layer digests match the calculated layer digest of the upload with id '{id}' within {}",
                within(at)
            ),
            Self::LayerPartTooSmall(bytes) => {
                format!("A part other than the last has {bytes} bytes; the least is 5242880")
            }
            Self::LayerExists(at, digest) => {
                format!("The layer with digest {digest} already exists within {}", within(at))
            }
            Self::EmptyUpload(at, id) => {
                format!("The upload with id '{id}' within {} has no parts", within(at))
            }
            Self::TooManyParts(most) => format!("A layer has at most {most} parts"),
            Self::TooManyTags => "A resource has at most 50 tags".to_owned(),
            Self::RepositoryPolicyNotFound(at) => {
                format!("Repository policy does not exist for {}", within(at))
            }
            Self::LifecyclePolicyNotFound(at) => {
                format!("Lifecycle policy does not exist for {}", within(at))
            }
            Self::PreviewNotFound(at) => {
                format!("No lifecycle policy preview was started for {}", within(at))
            }
            Self::PreviewInProgress(at) => {
                format!("A lifecycle policy preview is in progress for {}", within(at))
            }
            Self::RegistryPolicyNotFound(account) => {
                format!("Registry policy does not exist in the registry with id '{account}'")
            }
            Self::Interrupted => "A fault that was set".to_owned(),
            Self::Refused(refusal) => refusal.message(),
            Self::Task(refusal) => refusal.message(),
            Self::Internal(_) => "Internal error, see the log of the registry".to_owned(),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "The repository with name '{}'", self.repository)
    }
}

pub(super) fn within(at: &Place) -> String {
    format!("the repository with name '{}' in the registry with id '{}'", at.repository, at.account)
}

pub(super) fn half(text: Option<&str>) -> &str {
    text.unwrap_or("null")
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
