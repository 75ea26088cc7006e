//! Where the image of a name can be pulled from. Never asks a registry.

use super::Operations;
use crate::{
    error::{Error, Result},
    model::{Digest, ImageConfig, ImageName, Namespace, Platform},
    ports::Location,
};

/// An image, and where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// Its ID.
    pub image: Digest,
    /// From its config.
    pub platform: Platform,
    /// From its config; lowest layer first.
    pub diff_ids: Vec<Digest>,
    /// Best first; may be empty.
    pub locations: Vec<Location>,
}

impl Operations {
    /// Finds an image and its locations.
    pub async fn resolve(&self, namespace: &Namespace, name: &str) -> Result<Resolved> {
        self.resolve_image(namespace, &ImageName::parse(name)?).await
    }

    pub(super) async fn resolve_image(&self, namespace: &Namespace, name: &ImageName) -> Result<Resolved> {
        let found = self.ports.images.find(namespace, name).await?;
        let config = ImageConfig::parse(&found.image.config).map_err(Error::internal)?;
        let locations = self.ports.locations.locations(namespace, &found.image.id).await?;
        let image = found.image.id.clone();
        Ok(Resolved { image, platform: config.platform, diff_ids: config.diff_ids, locations })
    }
}
