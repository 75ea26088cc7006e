//! The config of an image. AWS has no call for it: it is downloaded like a layer.
//!
//! Invariant: no config leaves here that does not have the digest and the size that its manifest says.

use std::sync::Arc;

use imageservice_proto::ecr::v1;

use super::{
    calls::Calls,
    convert::manifests::{self, Document},
    downloads::Downloads,
    operation::Operation,
    place::Place,
    request::refused,
};
use crate::{
    error::{EcrReason, Result},
    model::Digest,
};

const OPERATION: &str = "GetDownloadUrlForLayer";
/// Configs have some KiB.
const MOST_BYTES: u64 = 8 * 1024 * 1024;

/// Gets configs.
#[derive(Clone, Debug)]
pub(super) struct Configs {
    pub(super) calls: Arc<Calls>,
    pub(super) downloads: Downloads,
}

impl Configs {
    /// The config of an image whose manifest is at hand.
    pub(super) async fn of(
        &self,
        place: &Place,
        repository: &str,
        image: &v1::Image,
    ) -> Result<v1::ImageConfig> {
        let wanted = described(image)?;
        let url = self.url(place, repository, &wanted.digest).await?;
        let content = self.downloads.get(self.calls.endpoint(place), &url, wanted.size).await?;
        verify(&wanted, &content)?;
        Ok(v1::ImageConfig {
            platform: manifests::platform_of_config(&content),
            media_type: wanted.media_type,
            size: wanted.size,
            digest: wanted.digest,
            content,
        })
    }

    async fn url(&self, place: &Place, repository: &str, digest: &str) -> Result<String> {
        let id = self.calls.registry_id(place).map(|id| id.to_string());
        let answer = self.calls.ecr(Operation::GetDownloadUrlForLayer, place, |ecr| {
            let call = ecr.get_download_url_for_layer().set_registry_id(id.clone());
            call.repository_name(repository).layer_digest(digest).send()
        });
        let url = answer.await?.download_url;
        url.ok_or_else(|| refused(EcrReason::AnswerInvalid, OPERATION, "the answer has no URL"))
    }
}

/// What the manifest says of its config.
fn described(image: &v1::Image) -> Result<v1::ManifestConfig> {
    let (reason, why) = match manifests::document(image) {
        Ok(Document::Image(v1::ImageManifest { config: Some(config), .. })) if config.size <= MOST_BYTES => {
            return Ok(config);
        }
        Ok(Document::Image(v1::ImageManifest { config: Some(config), .. })) => {
            let why = format!("the config has {} bytes, more than {MOST_BYTES}", config.size);
            (EcrReason::ContentTooLarge, why)
        }
        Ok(Document::Image(_)) => (EcrReason::ManifestInvalid, "the manifest names no config".to_owned()),
        Ok(Document::List(_)) => {
            let why = "the image is a manifest list: ask for one of its images by digest";
            (EcrReason::IsAManifestList, why.to_owned())
        }
        Err(why) => (EcrReason::ManifestInvalid, format!("the manifest cannot be used: {why}")),
    };
    Err(refused(reason, OPERATION, why))
}

fn verify(wanted: &v1::ManifestConfig, content: &[u8]) -> Result<()> {
    let matches = wanted.digest.parse::<Digest>().is_ok_and(|digest| digest.matches(content));
    if matches && u64::try_from(content.len()).is_ok_and(|length| length == wanted.size) {
        return Ok(());
    }
    let (found, length) = (Digest::of(content), content.len());
    let message = format!(
        "the config of {} with {} bytes came as {found} with {length} bytes",
        wanted.digest, wanted.size
    );
    Err(refused(EcrReason::ContentMismatch, OPERATION, message))
}
