//! From a layer in the spool to a layer in the registry.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{
    Yard,
    compress::{Blob, Outcome},
    manifest,
    spool::Spooled,
    tally,
};
use crate::{
    error::{Error, Result},
    model::{Descriptor, Digest},
    ports::{Access, Compression, ReadLayer, StagedLayer},
};

/// A layer that the registry is to have.
pub(super) struct Upload {
    pub(super) yard: Arc<Yard>,
    pub(super) access: Access,
    /// Of this session, beside the one of all.
    pub(super) turns: Arc<Semaphore>,
    pub(super) layer: ReadLayer,
    /// Of the first bytes of the uncompressed layer.
    pub(super) head: Digest,
    /// Of the blob.
    pub(super) compression: Compression,
}

impl Upload {
    /// Sends the layer once it is complete, and records that the registry has it.
    pub(super) async fn run(self, outcome: Outcome) -> Result<StagedLayer> {
        let blob = outcome.await.map_err(Error::internal)?.map_err(Error::internal)?;
        blob.file.account.complete();
        let staged = self.describe(&blob);
        let source = Spooled::new(Arc::clone(&blob.file), blob.size);
        let put = self.put(&staged.blob, &source);
        self.yard.known.ensure(&staged.blob.digest, &self.access, put).await?;
        self.yard.locations.record_layer(&self.yard.place.repository, &staged).await?;
        Ok(staged)
    }

    fn describe(&self, blob: &Blob) -> StagedLayer {
        let digest = blob.digest.as_ref().unwrap_or(&self.layer.digest).clone();
        let media_type = manifest::layer_type(self.compression).to_owned();
        StagedLayer {
            diff_id: self.layer.diff_id.clone(),
            uncompressed_size: self.layer.uncompressed_size,
            head: self.head.clone(),
            blob: Descriptor { media_type, digest, size: blob.size },
            made_here: self.layer.compression == Compression::None,
        }
    }

    async fn put(&self, blob: &Descriptor, source: &Spooled) -> Result<()> {
        let _own = self.turns.acquire().await.map_err(Error::internal)?;
        let _shared = self.yard.uploads.acquire().await.map_err(Error::internal)?;
        self.yard.writer.put_blob(&self.yard.place.repository, blob, source, None, &self.access).await?;
        tally::uploaded_layer(blob.size);
        Ok(())
    }
}
