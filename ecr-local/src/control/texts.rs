//! What a client is told of a refusal. Where a text of AWS's own is known it is that one.

use std::fmt;

use super::errors::{Error, Place};

impl Error {
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

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The repository with name '{}'", self.repository)
    }
}

pub(super) fn within(at: &Place) -> String {
    format!("the repository with name '{}' in the registry with id '{}'", at.repository, at.account)
}

pub(super) fn half(text: Option<&str>) -> &str {
    text.unwrap_or("null")
}
