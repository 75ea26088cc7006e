//! What makes staged layers an image: its config, and its manifest under a tag that keeps it.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};

use super::{Yard, manifest};
use crate::{
    error::{Error, Result},
    model::{Descriptor, Manifest, ManifestBody, Target},
    ports::{Access, ArchivedImage, BlobSource, BlobStream, StagedImage, StagedLayer},
};

/// Bytes as the content of an upload.
struct InMemory(Bytes);

#[async_trait]
impl BlobSource for InMemory {
    async fn open(&self) -> Result<BlobStream> {
        Ok(stream::iter([Ok(self.0.clone())]).boxed())
    }
}

impl Yard {
    /// Puts the config and the manifest of an image whose layers are there.
    pub(super) async fn put_image(
        &self,
        image: &ArchivedImage,
        layers: &[StagedLayer],
        access: &Access,
    ) -> Result<StagedImage> {
        let manifest = manifest::build(image, layers)?;
        let ManifestBody::Image { config, layers: descriptors } = manifest.body.clone() else {
            return Err(Error::internal("the manifest of an image is an index"));
        };
        self.put_config(&config, image.config.clone(), access).await?;
        match self.put_manifest(&manifest, access).await {
            Ok(()) => {
                Ok(StagedImage { repository: self.place.repository.clone(), manifest, layers: descriptors })
            }
            Err(refusal) => Err(self.explain(refusal, layers, access).await),
        }
    }

    async fn put_config(&self, config: &Descriptor, bytes: Bytes, access: &Access) -> Result<()> {
        let source = InMemory(bytes);
        let put = self.writer.put_blob(&self.place.repository, config, &source, None, access);
        put.map(|placed| placed.map(drop)).await
    }

    async fn put_manifest(&self, manifest: &Manifest, access: &Access) -> Result<()> {
        let _nobody_deletes = self.manifests.read().await;
        self.locations.note_manifest(&self.place.repository, &manifest.digest).await?;
        for target in
            [Target::Digest(manifest.digest.clone()), Target::Tag(self.place.keeping_tag(&manifest.digest)?)]
        {
            self.writer.put_manifest(&self.place.repository, &target, manifest, access).await?;
        }
        Ok(())
    }

    /// A registry that has lost a layer refuses the manifest. That is forgotten, so that the next load sends the layer.
    async fn explain(&self, refusal: Error, layers: &[StagedLayer], access: &Access) -> Error {
        match self.known.strike_lost(layers, access).await {
            Ok(true) => Error::RegistryProtocol {
                registry: self.place.repository.domain().to_owned(),
                detail: format!(
                    "{} has lost layers of the image: load it again",
                    self.place.repository.familiar()
                ),
                retryable: true,
            },
            // What was asked about the layers matters less than the refusal.
            Ok(false) | Err(_) => refusal,
        }
    }
}
