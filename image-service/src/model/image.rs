//! An image as the store knows it.

use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

use bytes::Bytes;
use time::OffsetDateTime;

use super::{
    digest::Digest,
    reference::{Reference, Repository, Tag},
};

/// Images, names and credentials live in one namespace.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Namespace(Arc<str>);

impl Namespace {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self("default".into())
    }
}

/// What a manifest says of a piece of content (OCI image-spec, descriptor.md).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// Lower case, without parameters.
    pub media_type: String,
    /// Of the bytes.
    pub digest: Digest,
    /// Number of the bytes.
    pub size: u64,
}

impl Descriptor {
    /// A layer that may not be distributed: it is fetched from where its own URLs say (OCI image-spec, layer.md).
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.media_type.contains("nondistributable") || self.media_type.contains("rootfs.foreign")
    }
}

/// An image: its config, and the names it goes by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// Digest of the config.
    pub id: Digest,
    /// The config, byte for byte.
    pub config: Bytes,
    /// Sizes of the layer blobs, lowest layer first.
    pub layer_sizes: Vec<u64>,
    /// Sorted.
    pub tags: Vec<(Repository, Tag)>,
    /// Sorted; each the digest of a manifest or of an index.
    pub digests: Vec<(Repository, Digest)>,
    /// When `tag` last gave it a name.
    pub last_tagged: Option<OffsetDateTime>,
}

impl Image {
    /// Sum of the layer blobs' sizes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.layer_sizes.iter().fold(0, |sum, size| sum.saturating_add(*size))
    }

    /// Every name in the order in which Docker lists them: by canonical text.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let tags =
            self.tags.iter().map(|(repository, tag)| Reference::tagged(repository.clone(), tag.clone()));
        let digests = self.digests.iter().map(|(repository, digest)| Reference {
            repository: repository.clone(),
            tag: None,
            digest: Some(digest.clone()),
        });
        let mut all: Vec<_> = tags.chain(digests).collect();
        all.sort_by_cached_key(ToString::to_string);
        all
    }
}

/// What a listing shows of an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageSummary {
    /// Digest of the config.
    pub id: Digest,
    /// From the config, if it says so.
    pub created: Option<OffsetDateTime>,
    /// Sum of the layer blobs' sizes.
    pub size: u64,
    /// The config's labels.
    pub labels: BTreeMap<String, String>,
    /// Sorted.
    pub tags: Vec<(Repository, Tag)>,
    /// Sorted.
    pub digests: Vec<(Repository, Digest)>,
}

/// One thing that a removal did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Removed {
    /// A name no longer resolves.
    Untagged(Reference),
    /// An image is gone.
    Deleted(Digest),
}

impl FromStr for Namespace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if text.is_empty() || text.len() > 64 || !text.bytes().all(word) {
            return Err("a namespace is 1 to 64 letters, digits, '-', '_' or '.'");
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
