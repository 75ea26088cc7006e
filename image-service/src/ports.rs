//! What the operations need of the world. The adapters implement these traits; `app` is the only place that names an adapter.

mod archives;
mod cloud;
mod credentials;
mod ecr;
mod events;
mod images;
mod keys;
mod locations;
mod registry;
mod registry_writer;
mod similarity;
mod staging;

use async_trait::async_trait;

pub use archives::{
    ArchiveWriter, ArchivedImage, Archives, Compression, LayerIntake, LayerSink, OfferedLayer, ReadLayer,
    SavedImage, SavedPart,
};
pub use cloud::{CloudCredential, CloudCredentials};
pub use credentials::{CredentialKind, CredentialStore, StoredCredential};
pub use ecr::{
    EcrAuth, EcrImages, EcrManifests, EcrPublic, EcrReplication, EcrRepositories, EcrScans, EcrServices,
    EcrStream,
};
pub use events::{Changes, Deed, EventPage, EventSpan, EventStore};
pub use images::{Found, ImageStore, ListCursor, PulledImage, PulledTag, RemovalPlan};
pub use keys::{FreshKey, KeyStore, KeyUse, KeyWrapper, KnownKey, Resealed, Sealer};
pub use locations::{Loaded, Location, LocationStore, Origin, Renamed, StagedLayer};
pub use registry::{Access, AnsweredBy, Probed, RateLimit, Registry, ResolvedImage, TagCursor, TagPage};
pub use registry_writer::{BlobSource, BlobStream, Placed, RegistryWriter};
pub use similarity::{Embedder, IndexedImage, Likeness, Neighbour, Unindexed, VectorStore};
pub use staging::{StagedImage, Staging, StagingSession};

/// The state as a whole, in one database.
#[async_trait]
pub trait Store: ImageStore + LocationStore + CredentialStore + KeyStore + VectorStore + EventStore {
    /// Waits for what is under way and lets go of the database. Every later call answers that the store is unavailable.
    async fn close(&self);
}
