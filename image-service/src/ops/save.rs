//! Saving: an archive is laid out from the store, and its layers are streamed into it from the registry that holds them.
//!
//! Invariant: whatever can be known beforehand fails before the first byte. Each layer was verified when its last byte has gone out; one that
//! fails ends the stream in an error, so that no archive looks whole and is not.

use bytes::Bytes;
use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};

use super::Operations;
use crate::{
    error::{Error, Result},
    model::{Digest, ImageName, Namespace, Reference, RegistryHost},
    ports::{SavedImage, SavedPart},
};

/// An archive in pieces.
pub type Saving = BoxStream<'static, Result<Bytes>>;

/// A bare name stands for all of its tags, but not for more than anybody means.
const MOST_IMAGES: usize = 10_000;

impl Operations {
    /// Lays out the archive of some images.
    pub async fn save(&self, namespace: Namespace, names: &[String]) -> Result<Saving> {
        let mut images: Vec<(Digest, SavedImage)> = Vec::new();
        for name in names {
            for (name, shown) in self.meant(&namespace, name).await? {
                self.add(&namespace, &mut images, &name, shown).await?;
            }
            if images.len() > MOST_IMAGES {
                return Err(Error::Argument(format!("more than {MOST_IMAGES} images in one archive")));
            }
        }
        let images: Vec<_> = images.into_iter().map(|(_, image)| image).collect();
        let parts = self.ports.layout.lay_out(&images)?;
        let operations = self.clone();
        let pieces = stream::iter(parts).then(move |part| {
            let (operations, namespace) = (operations.clone(), namespace.clone());
            async move { operations.piece(&namespace, part).await }
        });
        Ok(pieces.try_flatten().boxed())
    }

    /// The images that a name stands for, and the name that each shall have in the archive: `repository:tag` that one, a bare repository all
    /// of its tags, an ID or a digest none.
    async fn meant(&self, namespace: &Namespace, text: &str) -> Result<Vec<(ImageName, Option<Reference>)>> {
        let name = ImageName::parse(text)?;
        let ImageName::Reference { reference, .. } = &name else { return Ok(vec![(name, None)]) };
        let written: Reference = text.parse()?;
        if written.digest.is_some() {
            return Ok(vec![(name, None)]);
        }
        let tags = self.ports.images.tags(namespace, &reference.repository).await?;
        let tagged = |tag| Reference::tagged(reference.repository.clone(), tag);
        match written.tag {
            Some(tag) if tags.contains(&tag) => Ok(vec![(name.clone(), Some(tagged(tag)))]),
            Some(_) => Err(Error::NoSuchReference),
            None if !tags.is_empty() => {
                Ok(tags.into_iter().map(tagged).map(|each| (each.clone().into(), Some(each))).collect())
            }
            None => match self.ports.images.find(namespace, &name).await {
                // No tag was meant, so none is missing.
                Err(Error::ImageNotFound { .. }) => Err(Error::ImageNotFound { name: text.to_owned() }),
                found => found.map(|_| vec![(name, None)]),
            },
        }
    }

    /// Adds an image, or another name to one that is there.
    async fn add(
        &self,
        namespace: &Namespace,
        images: &mut Vec<(Digest, SavedImage)>,
        name: &ImageName,
        shown: Option<Reference>,
    ) -> Result<()> {
        let found = self.ports.images.find(namespace, name).await?;
        let id = &found.image.id;
        if let Some((_, image)) = images.iter_mut().find(|(there, _)| there == id) {
            let fresh = shown.filter(|shown| !image.names.contains(shown));
            image.names.extend(fresh);
            return Ok(());
        }
        let locations = self.ports.locations.locations(namespace, id).await?;
        let best = locations.into_iter().next();
        let best = best.ok_or_else(|| Error::LayersUnavailable { name: name.to_string() })?;
        let image = SavedImage {
            config: found.image.config.clone(),
            manifest: best.manifest,
            names: shown.into_iter().collect(),
            repository: best.repository,
        };
        images.push((id.clone(), image));
        Ok(())
    }

    async fn piece(&self, namespace: &Namespace, part: SavedPart) -> Result<Saving> {
        match part {
            SavedPart::Bytes(bytes) => Ok(stream::iter([Ok(bytes)]).boxed()),
            SavedPart::Blob { repository, blob } => {
                let access = self.access(namespace, &RegistryHost::from(&repository), None).await?;
                self.ports.writer.blob(&repository, &blob, &access).await
            }
        }
    }
}
