//! What pulling needs of registries, and what they say of budgets.

use async_trait::async_trait;
use bytes::Bytes;
use time::OffsetDateTime;

use crate::{
    error::Result,
    model::{
        Credential, Descriptor, Digest, Fingerprint, Manifest, NamespaceMark, Platform, RegistryHost,
        Repository, Tag, Target,
    },
};

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
