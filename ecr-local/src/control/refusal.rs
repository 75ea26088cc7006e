//! Why calls about scans, the archive and a registry's settings are refused.

use super::errors::{Place, half, within};

/// A refusal, with its code and its text.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// By principal.
    ExclusionExists(String),
    ExclusionNotFound(String),
    /// By digest.
    ImageArchived(Place, String),
    LayerArchived(Place, String),
    /// By digest and tag, as asked for.
    ScanNotFound(Place, Option<String>, Option<String>),
    /// The image was scanned lately.
    ScanQuota,
    /// By account.
    SigningConfigurationNotFound(String),
    /// By digest.
    StorageClassUpdateNotSupported(Place, String),
    /// With the media type.
    UnsupportedImageType(String),
    /// What means nothing together, or is switched off.
    Validation(String),
}

impl Refusal {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::ExclusionExists(_) => "ExclusionAlreadyExistsException",
            Self::ExclusionNotFound(_) => "ExclusionNotFoundException",
            Self::ImageArchived(..) => "ImageArchivedException",
            Self::LayerArchived(..) => "LayerInaccessibleException",
            Self::ScanNotFound(..) => "ScanNotFoundException",
            Self::ScanQuota => "LimitExceededException",
            Self::SigningConfigurationNotFound(_) => "SigningConfigurationNotFoundException",
            Self::StorageClassUpdateNotSupported(..) => "ImageStorageClassUpdateNotSupportedException",
            Self::UnsupportedImageType(_) => "UnsupportedImageTypeException",
            Self::Validation(_) => "ValidationException",
        }
    }

    pub(crate) fn message(&self) -> String {
        match self {
            Self::ExclusionExists(principal) => {
                format!("The pull time update exclusion for '{principal}' already exists")
            }
            Self::ExclusionNotFound(principal) => {
                format!("The pull time update exclusion for '{principal}' does not exist")
            }
            Self::ImageArchived(at, digest) => {
                format!("The image with digest '{digest}' is archived within {}", within(at))
            }
            Self::LayerArchived(at, digest) => {
                format!("The layer with digest {digest} is archived within {}", within(at))
            }
            Self::ScanNotFound(at, digest, tag) => {
                let (digest, tag) = (half(digest.as_deref()), half(tag.as_deref()));
                format!(
                    "Image scan does not exist for the image with '{{imageDigest:'{digest}', imageTag:'{tag}'}}' in {}",
                    within(at)
                )
            }
            Self::ScanQuota => "The scan quota per image has been exceeded. Wait and try again.".to_owned(),
            Self::SigningConfigurationNotFound(account) => {
                format!("Signing configuration does not exist in the registry with id '{account}'")
            }
            Self::StorageClassUpdateNotSupported(at, digest) => format!(
                "The image with digest '{digest}' within {} cannot move to that storage class: it is there, on its way, or referenced by manifest list",
                within(at)
            ),
            Self::UnsupportedImageType(media_type) => format!(
                "An artifact with media type '{media_type}' cannot be scanned. For more information, see the Amazon ECR documentation."
            ),
            Self::Validation(why) => why.clone(),
        }
    }
}
