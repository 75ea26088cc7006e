//! Saving: an archive is laid out from the store, and its layers are streamed into it from the registry that holds them.
//!
//! Invariant: whatever can be known beforehand fails before the first byte. Each layer was verified when its last byte has gone out; one that
//! fails ends the stream in an error, so that no archive looks whole and is not.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};

use super::Operations;
use crate::{
    error::{Error, Result},
    model::{Descriptor, Digest, EventAction, ImageName, Manifest, ManifestBody, Namespace, Reference},
    ports::{Deed, SavedImage, SavedPart},
};

/// An archive in pieces.
pub type Saving = BoxStream<'static, Result<Bytes>>;

/// What is held of an archive while it is written: configs and manifests. A bare name stands for all of its tags, which may be many.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// A longer piece goes out as several: receivers have limits.
const PIECE: usize = 256 * 1024;

impl Operations {
    /// Lays out the archive of some images.
    pub async fn save(&self, namespace: Namespace, names: &[String]) -> Result<Saving> {
        let admitted = self.admission.admit()?;
        let mut selection = Selection::default();
        for name in names {
            for (name, shown) in self.meant(&namespace, name).await? {
                self.add(&namespace, &mut selection, &name, shown).await?;
            }
        }
        let parts = self.ports.layout.lay_out(&selection.images)?;
        for image in selection.places.keys() {
            self.deeds.note(Deed {
                namespace: namespace.clone(),
                action: EventAction::Save,
                image: image.clone(),
                reference: None,
            });
        }
        let operations = self.clone();
        let pieces = stream::iter(parts).then(move |part| {
            let (_admitted, operations, namespace) = (&admitted, operations.clone(), namespace.clone());
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
        selection: &mut Selection,
        name: &ImageName,
        shown: Option<Reference>,
    ) -> Result<()> {
        let found = self.ports.images.find(namespace, name).await?;
        let id = &found.image.id;
        if selection.rename(id, shown.as_ref()) {
            return Ok(());
        }
        let locations = self.ports.locations.locations(namespace, id).await?;
        let best = locations.into_iter().next().filter(|best| !has_foreign_layers(&best.manifest));
        let best = best.ok_or_else(|| Error::LayersUnavailable { name: name.to_string() })?;
        let image = SavedImage {
            config: found.image.config.clone(),
            manifest: best.manifest,
            names: shown.into_iter().collect(),
            repository: best.repository,
        };
        selection.add(id.clone(), image)
    }

    async fn piece(&self, namespace: &Namespace, part: SavedPart) -> Result<Saving> {
        match part {
            SavedPart::Bytes(bytes) => Ok(stream::iter(pieces_of(bytes).map(Ok)).boxed()),
            SavedPart::Blob { repository, blob } => {
                let access = self.access(namespace, &repository, None).await?;
                self.ports.writer.blob(&repository, &blob, &access).await
            }
        }
    }
}

/// Each image once, in the order in which they were asked for.
#[derive(Default)]
struct Selection {
    images: Vec<SavedImage>,
    places: HashMap<Digest, usize>,
    held: usize,
}

impl Selection {
    /// Gives an image that is there another name; false if it is not there.
    fn rename(&mut self, id: &Digest, shown: Option<&Reference>) -> bool {
        let Some(image) = self.places.get(id).and_then(|place| self.images.get_mut(*place)) else {
            return false;
        };
        image.names.extend(shown.filter(|shown| !image.names.contains(shown)).cloned());
        true
    }

    fn add(&mut self, id: Digest, image: SavedImage) -> Result<()> {
        self.held += image.config.len() + image.manifest.bytes.len();
        if self.held > MOST_BYTES {
            let what = "the metadata of the images to save".into();
            return Err(Error::TooLarge { what, limit: MOST_BYTES as u64 });
        }
        self.places.insert(id, self.images.len());
        self.images.push(image);
        Ok(())
    }
}

fn has_foreign_layers(manifest: &Manifest) -> bool {
    matches!(&manifest.body, ManifestBody::Image { layers, .. } if layers.iter().any(Descriptor::is_foreign))
}

fn pieces_of(mut bytes: Bytes) -> impl Iterator<Item = Bytes> + Send {
    std::iter::from_fn(move || {
        let piece = bytes.split_to(bytes.len().min(PIECE));
        (!piece.is_empty()).then_some(piece)
    })
}
