//! The state of images.

use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::ResolvedImage;
use crate::{
    error::Result,
    model::{
        Digest, Image, ImageName, ImageSummary, Namespace, Platform, Reference, Removed, Repository, Tag,
    },
};

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
