//! Loading an archive: its layers are staged while it is read, its images recorded once it has been read to its end.
//!
//! Invariants: an image is told of only after its record, its names and its location are on disk. Whatever fails before leaves no record.
//! Once the archive has been read, a client that leaves changes nothing.

use tokio::sync::mpsc;

use super::{
    Operations,
    intake::{Body, TakenIn, telling},
};
use crate::{
    error::Result,
    model::{Digest, Namespace, Platform, Reference},
    ports::{ArchivedImage, Loaded, Location, Origin, ReadLayer, Renamed, StagedImage},
};

/// What a load tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoadEvent {
    /// A layer has passed.
    Layer {
        /// What it is.
        layer: ReadLayer,
        /// Staging had it before.
        known: bool,
    },
    /// A name is taken from another image.
    Renamed(Renamed),
    /// An image is recorded.
    Loaded {
        /// Its ID.
        image: Digest,
        /// Its names in the archive.
        names: Vec<Reference>,
        /// Where it was staged.
        location: Option<Location>,
    },
    /// Something to know that does not keep the image from being loaded.
    Warning(String),
}

/// A load that is under way.
pub type Loading = mpsc::Receiver<Result<LoadEvent>>;

pub(super) const UNSTAGED: &str = "there is no staging registry: the image is known here, but its layers are nowhere that ECS could pull \
     them from; set staging.repository, or enable the embedded registry";

impl Operations {
    /// Loads every image of an archive.
    pub fn load(&self, namespace: Namespace, wanted: Option<Platform>, body: Body) -> Result<Loading> {
        let (admitted, operations) = (self.admission.admit()?, self.clone());
        Ok(telling("load", |events| async move {
            let _admitted = admitted;
            operations.load_to_the_end(&namespace, wanted, body, &events).await
        }))
    }

    async fn load_to_the_end(
        &self,
        namespace: &Namespace,
        wanted: Option<Platform>,
        body: Body,
        events: &mpsc::Sender<Result<LoadEvent>>,
    ) -> Result<()> {
        let wanted = wanted.unwrap_or_else(|| self.default_platform().clone());
        let archives = self.ports.archives.clone();
        let taken = self.take_in(namespace, body, events.clone(), move |input, intake| {
            archives.read(input, &wanted, intake)
        });
        let taken = taken.await?;
        for image in &taken.content {
            self.record_image(namespace, &taken, image, false, events).await?;
        }
        Ok(())
    }

    /// Stages an image, records it, and tells of it.
    pub(super) async fn record_image<T>(
        &self,
        namespace: &Namespace,
        taken: &TakenIn<T>,
        image: &ArchivedImage,
        is_import: bool,
        events: &mpsc::Sender<Result<LoadEvent>>,
    ) -> Result<()> {
        let staged = taken.stage(image).await?;
        let loaded = Loaded { image, staged: staged.as_ref(), is_import };
        let renamed = self.ports.locations.record_load(namespace, loaded).await?;
        let location = staged.map(location);
        log(image, location.as_ref());
        let unstaged = location.is_none().then(|| LoadEvent::Warning(UNSTAGED.into()));
        let loaded = LoadEvent::Loaded { image: image.id.clone(), names: image.names.clone(), location };
        let renamed = renamed.into_iter().map(LoadEvent::Renamed);
        for event in unstaged.into_iter().chain(renamed).chain([loaded]) {
            // A client that has left is told nothing.
            let _ = events.send(Ok(event)).await;
        }
        Ok(())
    }
}

fn location(staged: StagedImage) -> Location {
    Location { repository: staged.repository, manifest: staged.manifest, origin: Origin::Staged }
}

fn log(image: &ArchivedImage, location: Option<&Location>) {
    let names = image.names.iter().map(Reference::familiar).collect::<Vec<_>>().join(" ");
    let (id, layers) = (&image.id, image.layers.len());
    match location {
        Some(location) => {
            let staged = location.pullable();
            tracing::info!(image = %id, names, layers, staged, "loaded {id}");
        }
        None => tracing::warn!(image = %id, names, layers, "loaded {id}: {UNSTAGED}"),
    }
}
