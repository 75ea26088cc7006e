//! Where images and layers are.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{ArchivedImage, StagedImage};
use crate::{
    error::Result,
    model::{Descriptor, Digest, Manifest, Namespace, Reference, Repository},
};

/// How an image came to be where it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Origin {
    /// It was pulled from there.
    Pulled,
    /// It was pushed there by name.
    Pushed,
    /// The staging registry.
    Staged,
}

/// A place that an image can be pulled from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    /// Where.
    pub repository: Repository,
    /// The image's own manifest, not an index.
    pub manifest: Manifest,
    /// How it came there.
    pub origin: Origin,
}

impl Location {
    /// `registry/repository@digest`.
    #[must_use]
    pub fn pullable(&self) -> String {
        format!("{}@{}", self.repository, self.manifest.digest)
    }
}

/// An image to record, and where it was staged, if anywhere.
#[derive(Clone, Copy, Debug)]
pub struct Loaded<'a> {
    /// Verified.
    pub image: &'a ArchivedImage,
    /// Nothing without a staging registry.
    pub staged: Option<&'a StagedImage>,
    /// It was made of a root file system, and did not come in an archive of images.
    pub is_import: bool,
}

/// A name that was taken from another image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renamed {
    /// The name.
    pub reference: Reference,
    /// The image that had it.
    pub previous: Digest,
}

/// A layer that a repository has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StagedLayer {
    /// Of the uncompressed layer.
    pub diff_id: Digest,
    /// Bytes of the uncompressed layer.
    pub uncompressed_size: u64,
    /// Of the first bytes of the uncompressed layer, by which it may be recognised while it passes: how many is the stager's affair. Of no
    /// bytes if it came compressed.
    pub head: Digest,
    /// The blob.
    pub blob: Descriptor,
    /// Whether the blob was compressed here, so that its bytes follow from the layer. Who brings a blob chooses its bytes for himself alone.
    pub made_here: bool,
}

/// The state of locations. Contract as for `ImageStore`.
#[async_trait]
pub trait LocationStore: Send + Sync + std::fmt::Debug {
    /// Records a loaded image: config, manifest, location, names. What it returns had those names before.
    async fn record_load(&self, namespace: &Namespace, loaded: Loaded<'_>) -> Result<Vec<Renamed>>;

    /// Records that an image was pushed under a name.
    async fn record_push(
        &self,
        namespace: &Namespace,
        image: &Digest,
        name: &Reference,
        manifest: &Manifest,
    ) -> Result<()>;

    /// Where an image can be pulled from, best first: staged, pushed, pulled; the latest first among these.
    async fn locations(&self, namespace: &Namespace, image: &Digest) -> Result<Vec<Location>>;

    /// The layer that a repository has under this diff ID or blob digest.
    async fn staged_layer(&self, repository: &Repository, digest: &Digest) -> Result<Option<StagedLayer>>;

    /// The layers of a repository that begin like this one and have its length.
    async fn similar_layers(
        &self,
        repository: &Repository,
        uncompressed_size: u64,
        head: &Digest,
    ) -> Result<Vec<StagedLayer>>;

    /// Records that a repository has a layer. A blob that somebody brought does not take the place of one that was made here.
    async fn record_layer(&self, repository: &Repository, layer: &StagedLayer) -> Result<()>;

    /// Records that a repository has lost a layer.
    async fn forget_layer(&self, repository: &Repository, diff_id: &Digest) -> Result<()>;

    /// Records that a manifest is about to be in a repository, so that it is found again if no image comes to need it. `record_load` takes
    /// the note away, and to remove an image makes one.
    async fn note_manifest(&self, repository: &Repository, manifest: &Digest) -> Result<()>;

    /// Manifests in a repository that were noted before `before` and that no image needs.
    async fn unneeded_manifests(
        &self,
        repository: &Repository,
        before: OffsetDateTime,
    ) -> Result<Vec<Digest>>;

    /// Whether `unneeded_manifests` would still tell of this one.
    async fn is_unneeded(
        &self,
        repository: &Repository,
        manifest: &Digest,
        before: OffsetDateTime,
    ) -> Result<bool>;

    /// The manifest is deleted; or an image has come to need it after all.
    async fn forget_manifest(&self, repository: &Repository, manifest: &Digest) -> Result<()>;
}
