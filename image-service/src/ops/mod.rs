//! What the service can do: one use case per file. Operations see ports, never adapters; they conduct, and leave computing to `model`.

mod access;
mod admission;
mod budgets;
mod deeds;
mod distribution;
mod events;
mod flight;
mod history;
mod import;
mod index;
mod inspect;
mod intake;
mod keys;
mod list;
mod load;
mod login;
mod pull;
mod push;
mod remove;
mod resolve;
mod save;
mod similar;
mod sweep;
mod tag;
mod upkeep;

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::sync::Semaphore;

pub use admission::{Admission, Workload};
pub use distribution::Distribution;
pub use events::{EventList, EventRequest, MOST_EVENTS, Watching};
pub use import::ImportRequest;
pub use index::{IndexEvent, Indexed, Indexing};
pub use intake::Body;
pub use keys::Rotation;
pub use list::{ListFilters, Listing};
pub use load::{LoadEvent, Loading};
pub use login::Login;
pub use pull::{PullEvent, PullRequest, Pulling};
pub use push::{LayerState, PushEvent, PushRequest, Pushing};
pub use resolve::Resolved;
pub use save::Saving;
pub use similar::{Like, Similar, SimilarImage, SimilarRequest};

use crate::{
    config::{PullConfig, StagingConfig},
    error::Result,
    model::{FingerprintKey, Namespace},
    ports::{
        ArchiveWriter, Archives, CredentialStore, Embedder, EventStore, ImageStore, KeyStore, LocationStore,
        Registry, RegistryWriter, Staging, VectorStore,
    },
};

/// What the operations stand on.
#[derive(Clone, Debug)]
pub struct Ports {
    /// The state of images.
    pub images: Arc<dyn ImageStore>,
    /// Where images are.
    pub locations: Arc<dyn LocationStore>,
    /// Stored credentials.
    pub credentials: Arc<dyn CredentialStore>,
    /// The keys that they are sealed under.
    pub keys: Arc<dyn KeyStore>,
    /// What was done.
    pub events: Arc<dyn EventStore>,
    /// The reading half of the registry client.
    pub registry: Arc<dyn Registry>,
    /// The writing half.
    pub writer: Arc<dyn RegistryWriter>,
    /// Reads archives.
    pub archives: Arc<dyn Archives>,
    /// Lays archives out.
    pub layout: Arc<dyn ArchiveWriter>,
    /// Where each namespace stages; nothing without a staging registry.
    pub staging: HashMap<Namespace, Arc<dyn Staging>>,
    /// Makes vectors of images.
    pub embedder: Arc<dyn Embedder>,
    /// Keeps them.
    pub vectors: Arc<dyn VectorStore>,
}

/// The operations over their ports.
#[derive(Clone, Debug)]
pub struct Operations {
    ports: Ports,
    admission: Admission,
    deeds: deeds::Deeds,
    fingerprints: Arc<FingerprintKey>,
    pulls: Arc<pull::Pulls>,
    readers: Arc<Semaphore>,
    /// For a turn to be read.
    wait: Duration,
    /// For the client of an archive.
    stall: Duration,
}

impl Operations {
    /// Wires the operations to their ports.
    pub fn new(ports: Ports, config: &PullConfig, staging: &StagingConfig) -> Result<Self> {
        let fingerprints =
            Arc::new(FingerprintKey::random().map_err(|_| crate::error::Error::internal("no randomness"))?);
        let deeds = deeds::Deeds::new(ports.events.clone());
        let pulls = pull::Pulls::new(ports.images.clone(), ports.registry.clone(), deeds.clone(), config);
        Ok(Self {
            ports,
            admission: Admission::default(),
            deeds,
            fingerprints,
            pulls: Arc::new(pulls),
            readers: Arc::new(Semaphore::new(intake::READERS)),
            wait: staging.wait,
            stall: staging.stall,
        })
    }

    /// Whether new work is let in.
    #[must_use]
    pub const fn admission(&self) -> &Admission {
        &self.admission
    }

    /// Waits until all that was done is written down.
    pub async fn all_noted(&self) {
        self.deeds.written().await;
    }

    /// The store of images, for what needs no operation: its name and its count.
    #[must_use]
    pub fn images(&self) -> &dyn ImageStore {
        &*self.ports.images
    }

    /// The embedder, for what needs no operation: its version.
    #[must_use]
    pub fn embedder(&self) -> &dyn Embedder {
        &*self.ports.embedder
    }
}
