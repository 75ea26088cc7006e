//! Why calls about scans, the archive and a registry's settings are refused, and those about what it does by itself: templates, replication,
//! and what comes from upstream.

use super::{
    errors::Place,
    texts::{half, within},
};

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
    /// To a Region.
    BackfillInProgress(String),
    BackfillInvalidStatus(String),
    BackfillNotFound(String),
    /// In a registry, by its prefix.
    PullThroughRuleExists(String, String),
    PullThroughRuleNotFound(String, String),
    QuotaExceeded(&'static str),
    SecretNotFound(String),
    /// In a registry, by its prefix.
    TemplateExists(String, String),
    TemplateNotFound(String, String),
    UnableToAccessSecret(String),
    UnableToDecryptSecret(String),
    /// Why nothing came from upstream.
    UnableToGetUpstreamImage(String),
    UnableToGetUpstreamLayer(String),
    UnsupportedUpstream(String),
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
            Self::BackfillInProgress(_) => "ReplicationBackfillInProgressException",
            Self::BackfillInvalidStatus(_) => "ReplicationBackfillInvalidStatusException",
            Self::BackfillNotFound(_) => "ReplicationBackfillNotFoundException",
            Self::PullThroughRuleExists(..) => "PullThroughCacheRuleAlreadyExistsException",
            Self::PullThroughRuleNotFound(..) => "PullThroughCacheRuleNotFoundException",
            Self::QuotaExceeded(_) => "LimitExceededException",
            Self::SecretNotFound(_) => "SecretNotFoundException",
            Self::TemplateExists(..) => "TemplateAlreadyExistsException",
            Self::TemplateNotFound(..) => "TemplateNotFoundException",
            Self::UnableToAccessSecret(_) => "UnableToAccessSecretException",
            Self::UnableToDecryptSecret(_) => "UnableToDecryptSecretValueException",
            Self::UnableToGetUpstreamImage(_) => "UnableToGetUpstreamImageException",
            Self::UnableToGetUpstreamLayer(_) => "UnableToGetUpstreamLayerException",
            Self::UnsupportedUpstream(_) => "UnsupportedUpstreamRegistryException",
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
            Self::BackfillInProgress(region) => {
                format!("A replication backfill to the Region '{region}' is in progress")
            }
            Self::BackfillInvalidStatus(id) => {
                format!("The replication backfill with id '{id}' is not in progress")
            }
            Self::BackfillNotFound(id) => {
                format!("The replication backfill with id '{id}' does not exist in the registry")
            }
            Self::PullThroughRuleExists(account, prefix) => format!(
                "The pull through cache rule with prefix '{prefix}' already exists in the registry with id '{account}'"
            ),
            Self::PullThroughRuleNotFound(account, prefix) => format!(
                "The pull through cache rule with prefix '{prefix}' does not exist in the registry with id '{account}'"
            ),
            Self::QuotaExceeded(why) => (*why).to_owned(),
            Self::SecretNotFound(arn) => format!("The secret with ARN '{arn}' does not exist"),
            Self::TemplateExists(account, prefix) => format!(
                "The repository creation template with prefix '{prefix}' already exists in the registry with id '{account}'"
            ),
            Self::TemplateNotFound(account, prefix) => format!(
                "The repository creation template with prefix '{prefix}' does not exist in the registry with id '{account}'"
            ),
            Self::UnableToAccessSecret(arn) => format!("The secret with ARN '{arn}' cannot be accessed"),
            Self::UnableToDecryptSecret(arn) => {
                format!("The value of the secret with ARN '{arn}' cannot be decrypted")
            }
            Self::UnableToGetUpstreamImage(why) => {
                format!("The image cannot be pulled from the upstream registry: {why}")
            }
            Self::UnableToGetUpstreamLayer(why) => {
                format!("The layer cannot be pulled from the upstream registry: {why}")
            }
            Self::UnsupportedUpstream(why) => why.clone(),
        }
    }
}
