//! What pushing needs of a registry (OCI distribution-spec, "Push").

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;

use super::Access;
use crate::{
    error::Result,
    model::{Descriptor, Digest, Manifest, Repository, Target},
};

/// Content in pieces. A piece that is an error is the last.
pub type BlobStream = BoxStream<'static, Result<Bytes>>;

/// Content that can be read from its beginning as often as an upload has to begin again.
#[async_trait]
pub trait BlobSource: Send + Sync {
    /// From the first byte.
    async fn open(&self) -> Result<BlobStream>;
}

/// How a blob came to be in a repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Placed {
    /// It was there.
    Existed,
    /// The registry has linked it from another of its repositories.
    Mounted(Repository),
    /// It was sent.
    Uploaded,
}

/// The writing half of a registry client, and what copying needs of the reading half.
#[async_trait]
pub trait RegistryWriter: Send + Sync + std::fmt::Debug {
    /// Whether a repository has a blob.
    async fn has_blob(&self, repository: &Repository, digest: &Digest, access: &Access) -> Result<bool>;

    /// Sees to it that a repository has a blob: looks for it, has it mounted from a repository of the same registry, or sends it.
    async fn put_blob(
        &self,
        repository: &Repository,
        blob: &Descriptor,
        source: &dyn BlobSource,
        mount_from: Option<&Repository>,
        access: &Access,
    ) -> Result<Placed>;

    /// Puts a manifest, whose blobs are there. A tag that already points at it is left alone.
    async fn put_manifest(
        &self,
        repository: &Repository,
        target: &Target,
        manifest: &Manifest,
        access: &Access,
    ) -> Result<()>;

    /// A blob; the stream ends in an error unless size and digest are what the descriptor says.
    async fn blob(&self, repository: &Repository, blob: &Descriptor, access: &Access) -> Result<BlobStream>;

    /// Deletes a manifest and every tag that points at it, or a tag alone; what is not there is as good as deleted, and so is what the
    /// registry never deletes.
    async fn delete_manifest(&self, repository: &Repository, target: &Target, access: &Access) -> Result<()>;
}
