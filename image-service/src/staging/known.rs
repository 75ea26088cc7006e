//! Which layers the registry has.

use std::{sync::Arc, time::Duration};

use moka::future::Cache;

use super::manifest;
use crate::{
    error::{Error, Result},
    model::{Digest, Fingerprint, Repository},
    ports::{Access, Compression, LocationStore, OfferedLayer, ReadLayer, RegistryWriter, StagedLayer},
};

/// For how long a registry's word that it has a blob is taken. If it has lost the blob since, it refuses the manifest.
const BELIEVED: Duration = Duration::from_secs(60);
const MOST_BELIEVED: u64 = 10_000;

/// What is recorded of the registry's layers, confirmed by the registry.
pub(super) struct Known {
    repository: Repository,
    /// Of layers that are made here.
    compression: Compression,
    writer: Arc<dyn RegistryWriter>,
    locations: Arc<dyn LocationStore>,
    /// By who was told.
    present: Cache<(Fingerprint, Digest), ()>,
}

impl Known {
    pub(super) fn new(
        repository: Repository,
        compression: Compression,
        writer: Arc<dyn RegistryWriter>,
        locations: Arc<dyn LocationStore>,
    ) -> Self {
        let present = Cache::builder().max_capacity(MOST_BELIEVED).time_to_live(BELIEVED).build();
        Self { repository, compression, writer, locations, present }
    }

    /// The plain layer that a member's name promises. Of what lies in the registry only the name is proof, so the layer must have been made
    /// here, of this many bytes.
    pub(super) async fn promised(
        &self,
        offered: &OfferedLayer,
        access: &Access,
    ) -> Result<Option<StagedLayer>> {
        let (Some(promised), Some(size)) = (&offered.promised, offered.size) else { return Ok(None) };
        match self.locations.staged_layer(&self.repository, promised).await? {
            Some(layer)
                if layer.made_here && layer.diff_id == *promised && layer.uncompressed_size == size =>
            {
                self.confirmed(layer, offered.compression, access).await
            }
            _ => Ok(None),
        }
    }

    /// Whether the registry has a layer that begins like this plain one.
    pub(super) async fn resembles(&self, size: u64, head: &Digest, access: &Access) -> Result<bool> {
        for layer in self.locations.similar_layers(&self.repository, size, head).await? {
            if layer.made_here && self.confirmed(layer, Compression::None, access).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The same layer as the registry has it, which may be in another compression.
    pub(super) async fn same(&self, layer: &ReadLayer, access: &Access) -> Result<Option<StagedLayer>> {
        self.under(&layer.diff_id, &layer.digest, layer.compression, access).await
    }

    /// Runs `put` unless the registry is known to have the blob; once for all who have the same blob to put at the same time.
    pub(super) async fn ensure<F>(&self, digest: &Digest, access: &Access, put: F) -> Result<()>
    where
        F: Future<Output = Result<()>> + Send,
    {
        let key = (access.fingerprint, digest.clone());
        self.present.try_get_with(key, put).await.map_err(Error::Shared)
    }

    /// Strikes off the layers that the registry has lost. True if there is one.
    pub(super) async fn strike_lost(&self, layers: &[StagedLayer], access: &Access) -> Result<bool> {
        let mut lost = false;
        for layer in layers {
            self.present.invalidate(&key(layer, access)).await;
            lost |= !self.has(layer, access).await?;
        }
        Ok(lost)
    }

    /// What is recorded under `digest`. A blob that somebody brought is for those alone who bring the same: `brought`.
    async fn under(
        &self,
        digest: &Digest,
        brought: &Digest,
        offered: Compression,
        access: &Access,
    ) -> Result<Option<StagedLayer>> {
        match self.locations.staged_layer(&self.repository, digest).await? {
            Some(layer) if layer.made_here || layer.blob.digest == *brought => {
                self.confirmed(layer, offered, access).await
            }
            _ => Ok(None),
        }
    }

    /// What every engine reads will do, and so will what was asked for: by the configuration or by the archive.
    async fn confirmed(
        &self,
        layer: StagedLayer,
        offered: Compression,
        access: &Access,
    ) -> Result<Option<StagedLayer>> {
        let found = manifest::compression(&layer);
        let is_as_offered = found == offered && offered != Compression::None;
        let will_do = is_as_offered || [Compression::Gzip, self.compression].contains(&found);
        Ok((will_do && self.has(&layer, access).await?).then_some(layer))
    }

    async fn has(&self, layer: &StagedLayer, access: &Access) -> Result<bool> {
        let key = key(layer, access);
        if self.present.contains_key(&key) {
            return Ok(true);
        }
        if self.writer.has_blob(&self.repository, &layer.blob.digest, access).await? {
            self.present.insert(key, ()).await;
            return Ok(true);
        }
        self.locations.forget_layer(&self.repository, &layer.diff_id).await?;
        Ok(false)
    }
}

fn key(layer: &StagedLayer, access: &Access) -> (Fingerprint, Digest) {
    (access.fingerprint, layer.blob.digest.clone())
}
