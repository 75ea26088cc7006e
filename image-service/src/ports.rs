//! What the operations need of the world. The adapters implement these traits; `app` is the only place that names an adapter.

mod archives;
mod cloud;
mod ecr;
mod events;
mod keys;
mod locations;
mod registry_writer;
mod similarity;
mod staging;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use time::OffsetDateTime;

use crate::{
    error::Result,
    model::{
        Credential, Descriptor, Digest, Fingerprint, Image, ImageName, ImageSummary, Manifest, Namespace,
        NamespaceMark, Platform, Reference, RegistryHost, Removed, Repository, Tag, Target,
    },
};

pub use archives::{
    ArchiveWriter, ArchivedImage, Archives, Compression, LayerIntake, LayerSink, OfferedLayer, ReadLayer,
    SavedImage, SavedPart,
};
pub use cloud::{CloudCredential, CloudCredentials};
pub use ecr::{
    EcrAuth, EcrImages, EcrManifests, EcrPublic, EcrReplication, EcrRepositories, EcrScans, EcrServices,
    EcrStream,
};
pub use events::{Changes, Deed, EventPage, EventSpan, EventStore};
pub use keys::{FreshKey, KeyStore, KeyUse, KeyWrapper, KnownKey, Resealed, Sealer};
pub use locations::{Loaded, Location, LocationStore, Origin, Renamed, StagedLayer};
pub use registry_writer::{BlobSource, BlobStream, Placed, RegistryWriter};
pub use similarity::{Embedder, IndexedImage, Likeness, Neighbour, Unindexed, VectorStore};
pub use staging::{StagedImage, Staging, StagingSession};

/// Who asks a registry.
#[derive(Clone, Debug)]
pub struct Access {
    /// Nothing means anonymous.
    pub credential: Option<Credential>,
    /// Of the credential.
    pub fingerprint: Fingerprint,
}

/// Whose word an answer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnsweredBy {
    /// The registry itself, which has let the caller in.
    Registry,
    /// A mirror, which was asked anonymously: what the registry would say to the caller is not known.
    Mirror,
}

/// What a target points at now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probed {
    /// Of the manifest or the index.
    pub digest: Digest,
    /// Who said so.
    pub answered_by: AnsweredBy,
}

/// Everything about one image that a registry has and this service keeps.
#[derive(Clone, Debug)]
pub struct ResolvedImage {
    /// What the tag or digest points at: an index or a manifest.
    pub top: Manifest,
    /// The image's own manifest; the same as `top` unless that is an index.
    pub manifest: Manifest,
    /// The image's ID.
    pub config_digest: Digest,
    /// The config, verified.
    pub config: Bytes,
    /// Lowest layer first.
    pub layers: Vec<Descriptor>,
    /// From the config.
    pub platform: Platform,
    /// Who gave `top`.
    pub answered_by: AnsweredBy,
}

/// Where a list of tags goes on, in the registry's own words: to be given back, and not to be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TagCursor(pub(crate) String);

/// Some of a repository's tags, in the registry's order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TagPage {
    /// May be empty although there are more.
    pub tags: Vec<Tag>,
    /// Nothing at the end.
    pub next: Option<TagCursor>,
}

/// A client of registries. Whatever it returns was verified against its digest and size.
#[async_trait]
pub trait Registry: Send + Sync + std::fmt::Debug {
    /// The digest that a target has now, by one HEAD. Nothing if the registry does not say; then only fetching tells.
    async fn probe(
        &self,
        repository: &Repository,
        target: &Target,
        access: &Access,
    ) -> Result<Option<Probed>>;

    /// Manifest, the platform's manifest if that was an index, and config. `wanted` is what the caller asked for. A single manifest
    /// of another platform is returned as it is: the caller compares and warns.
    async fn resolve(
        &self,
        repository: &Repository,
        target: &Target,
        wanted: &Platform,
        access: &Access,
    ) -> Result<ResolvedImage>;

    /// What a target points at, whether an image or an index.
    async fn manifest(&self, repository: &Repository, target: &Target, access: &Access) -> Result<Manifest>;

    /// The first page of a repository's tags, or the one that a page before it led to.
    async fn tags(
        &self,
        repository: &Repository,
        after: Option<&TagCursor>,
        access: &Access,
    ) -> Result<TagPage>;

    /// Tries a credential; answers with an identity token if the registry gave one.
    async fn check(&self, host: &RegistryHost, access: &Access) -> Result<Option<String>>;

    /// What registries last said of pull budgets.
    fn rate_limits(&self) -> Vec<RateLimit>;
}

/// A pull budget, as a registry last told it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RateLimit {
    /// To whom it was told.
    pub told_in: NamespaceMark,
    /// Whose.
    pub registry: RegistryHost,
    /// What it is counted for, in the registry's words; may be empty.
    pub source: String,
    /// Pulls in a window.
    pub limit: u64,
    /// Pulls left.
    pub remaining: u64,
    /// Seconds.
    pub window: u64,
    /// When it was told.
    pub observed: OffsetDateTime,
}

/// An image together with a stamp that changes whenever the answer for its name may have changed.
#[derive(Clone, Debug)]
pub struct Found {
    /// Equal stamps mean equal answers, within the life of this process.
    pub version: Arc<str>,
    /// The image.
    pub image: Arc<Image>,
}

/// What a tag was when it was last pulled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PulledTag {
    /// The image.
    pub image: Digest,
    /// The manifest or index the tag pointed at; nothing for a tag that was made here.
    pub target: Option<Digest>,
    /// The platform that was asked for.
    pub platform: Option<String>,
}

/// A pull to record.
#[derive(Clone, Debug)]
pub struct PulledImage<'a> {
    /// Where it came from, and under which tag or digest.
    pub reference: &'a Reference,
    /// The platform that was asked for.
    pub wanted: &'a Platform,
    /// What came.
    pub resolved: &'a ResolvedImage,
}

/// Where a listing goes on. Newest first; images without a date last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListCursor {
    /// Of the last image seen.
    pub created: Option<OffsetDateTime>,
    /// Of the last image seen; nothing if all of that time were seen.
    pub id: Option<Digest>,
}

/// Decides what a removal does; runs inside the store's transaction, again if that has to be begun again.
pub type RemovalPlan = Box<dyn Fn(&Image) -> Result<Vec<Removed>> + Send + Sync>;

/// The state of images.
///
/// Invariants: every change of several rows is one transaction, and is on disk when the call returns. A tag or a repo digest never points at
/// an image that is not there. An error leaves the state as it was.
#[async_trait]
pub trait ImageStore: Send + Sync + std::fmt::Debug {
    /// The image of a name, or `ImageNotFound`, or `AmbiguousId`.
    async fn find(&self, namespace: &Namespace, name: &ImageName) -> Result<Found>;

    /// What a tag points at.
    async fn pulled_tag(
        &self,
        namespace: &Namespace,
        repository: &Repository,
        tag: &Tag,
    ) -> Result<Option<PulledTag>>;

    /// The image that a digest of a repository names, and the platform that was asked for when it was pulled.
    async fn pulled_digest(
        &self,
        namespace: &Namespace,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Option<PulledTag>>;

    /// Records a pull: image, manifests, tag, repo digest. True if the reference did not point at this image before.
    async fn record_pull(&self, namespace: &Namespace, pulled: PulledImage<'_>) -> Result<bool>;

    /// Gives an image another name, moving it if it is taken.
    async fn tag(
        &self,
        namespace: &Namespace,
        source: &ImageName,
        repository: &Repository,
        tag: &Tag,
    ) -> Result<Digest>;

    /// Does what `plan` says of the image that `name` names: drops names, and the image with everything that only it used.
    async fn remove(
        &self,
        namespace: &Namespace,
        name: &ImageName,
        plan: RemovalPlan,
    ) -> Result<Vec<Removed>>;

    /// Up to `limit` images after the cursor, newest first.
    async fn list(
        &self,
        namespace: &Namespace,
        after: Option<&ListCursor>,
        limit: u32,
    ) -> Result<Vec<ImageSummary>>;

    /// The tags of a repository, sorted.
    async fn tags(&self, namespace: &Namespace, repository: &Repository) -> Result<Vec<Tag>>;

    /// How many images there are.
    async fn count(&self, namespace: &Namespace) -> Result<u64>;

    /// Made once, then kept: names this store.
    fn id(&self) -> &str;

    /// `sqlite` or `postgres`.
    fn engine(&self) -> &'static str;

    /// Whether the database answers.
    async fn ping(&self) -> Result<()>;
}

/// A stored credential without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredCredential {
    /// Whose.
    pub registry: RegistryHost,
    /// May be empty.
    pub username: String,
    /// What it is.
    pub kind: CredentialKind,
    /// When it was stored.
    pub updated: OffsetDateTime,
}

/// What a stored credential is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CredentialKind {
    /// User and password.
    Password,
    /// A refresh token.
    IdentityToken,
    /// A bearer token.
    RegistryToken,
}

/// Credentials by registry, sealed at rest.
#[async_trait]
pub trait CredentialStore: Send + Sync + std::fmt::Debug {
    /// The credential of a registry.
    async fn get(&self, namespace: &Namespace, registry: &RegistryHost) -> Result<Option<Credential>>;

    /// Stores one, in place of what was there.
    async fn put(
        &self,
        namespace: &Namespace,
        registry: &RegistryHost,
        credential: &Credential,
    ) -> Result<()>;

    /// All of them, by registry.
    async fn list(&self, namespace: &Namespace) -> Result<Vec<StoredCredential>>;

    /// Drops one; false if there was none.
    async fn forget(&self, namespace: &Namespace, registry: &RegistryHost) -> Result<bool>;
}

/// The state as a whole, in one database.
#[async_trait]
pub trait Store: ImageStore + LocationStore + CredentialStore + KeyStore + VectorStore + EventStore {
    /// Waits for what is under way and lets go of the database. Every later call answers that the store is unavailable.
    async fn close(&self);
}
