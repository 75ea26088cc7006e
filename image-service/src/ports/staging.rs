//! The staging registry: where layers that exist only in an archive become pullable.

use async_trait::async_trait;

use super::{Access, ArchivedImage, LayerIntake};
use crate::{
    error::Result,
    model::{Descriptor, Manifest, Repository},
};

/// An image that the staging registry has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StagedImage {
    /// Where.
    pub repository: Repository,
    /// The manifest that was pushed, with the layers as the registry has them.
    pub manifest: Manifest,
    /// The layers of the manifest; lowest first.
    pub layers: Vec<Descriptor>,
}

/// Stages images.
#[async_trait]
pub trait Staging: Send + Sync + std::fmt::Debug {
    /// Where everything is staged.
    fn repository(&self) -> &Repository;

    /// Begins to take the layers of one archive. To be called on the runtime, where the uploads will be.
    fn begin(&self, access: Access) -> Box<dyn StagingSession>;

    /// Removes what loads have left behind that never came to their end: spool files, and manifests that no image needs.
    async fn sweep(&self, access: &Access) -> Result<()>;
}

/// The layers of one archive on their way. To drop it is to give up what has not arrived.
#[async_trait]
pub trait StagingSession: Send + Sync {
    /// Takes the layers on the reading thread.
    fn intake(&self) -> Box<dyn LayerIntake>;

    /// Waits until the image's layers are in the registry, then pushes its config and its manifest: by digest, and then by a tag
    /// that keeps it.
    async fn stage(&self, image: &ArchivedImage) -> Result<StagedImage>;

    /// The first failure of any upload, which need not wait for the archive's end. Never resolves while all is well.
    async fn failed(&self) -> crate::error::Error;
}
