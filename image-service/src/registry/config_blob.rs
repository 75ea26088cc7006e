//! Fetches an image's config and proves that it is the one.

use bytes::Bytes;

use super::{
    ask::{Ask, Wanted},
    manifest::View,
    transport::Answer,
};
use crate::{
    error::{Error, Result},
    model::{Descriptor, Manifest},
};

const CAP: u64 = 8 * 1024 * 1024;

impl View<'_> {
    /// The config of an image's manifest; from the manifest itself if that carries it.
    pub(super) async fn config(&self, manifest: &Manifest, config: &Descriptor) -> Result<Bytes> {
        if config.size > CAP {
            let what = format!("image config of {}", self.repository.familiar());
            return Err(Error::TooLarge { what, limit: CAP });
        }
        let inline = manifest.inline_config().filter(|inline| verify(config, inline).is_ok());
        if let Some(inline) = inline {
            return Ok(inline);
        }
        let ask = Ask::get(Wanted::Config { repository: self.repository, config });
        let read = |answer: Answer| verify(config, &answer.body).map(|()| answer.body);
        self.fetcher.fetch(self.site, &ask, self.caller, read).await.map(|(config, _)| config)
    }
}

fn verify(config: &Descriptor, bytes: &Bytes) -> Result<()> {
    let found = if bytes.len() as u64 != config.size {
        format!("{} bytes, not {}", bytes.len(), config.size)
    } else if !config.digest.matches(bytes) {
        let mut hasher = config.digest.hasher();
        hasher.update(bytes);
        hasher.finish().to_string()
    } else {
        return Ok(());
    };
    Err(Error::ContentMismatch { what: "image config", expected: config.digest.to_string(), found })
}
