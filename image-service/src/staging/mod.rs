//! Staging: layers that exist only in an archive are compressed while they pass and put into a registry.
//!
//! `intake` and `sink` take layers on the reading thread; `known` recognises those that the registry has; `compress` and `spool` make blobs of
//! the others; `upload` sends them; `manifest` says what the image is then.
//!
//! Invariants: the registry has a manifest's blobs before the manifest, and the note that finds an unneeded manifest again before either. What
//! comes compressed is not compressed anew. Nothing here waits on a thread of the runtime.

mod compress;
mod image;
mod intake;
mod known;
mod manifest;
mod place;
mod session;
mod sink;
mod spool;
mod tally;
mod upload;

use std::{fmt, io, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use time::OffsetDateTime;
use tokio::sync::{RwLock, Semaphore};

pub use self::place::StagingPlace;
use self::{
    compress::{Codec, Pool},
    known::Known,
    session::Session,
    spool::Spool,
};
use crate::{
    config::StagingConfig,
    error::{Error, Result},
    model::{Digest, Repository},
    ports::{Access, LocationStore, RegistryWriter, Staging, StagingSession},
};

/// Stages into one repository of one registry.
pub struct Stager(Arc<Yard>);

/// What all sessions share.
struct Yard {
    place: StagingPlace,
    codec: Codec,
    uploads_per_image: usize,
    spool: Arc<Spool>,
    pool: Arc<Pool>,
    writer: Arc<dyn RegistryWriter>,
    locations: Arc<dyn LocationStore>,
    known: Known,
    uploads: Arc<Semaphore>,
    /// How long a manifest may be in the registry before an image needs it. A load takes a moment from one to the other.
    grace: Duration,
    /// Read while a manifest is put, written while one is deleted: they may be the same.
    manifests: RwLock<()>,
}

impl Stager {
    /// `folder` is for the spool alone; it is made if it is not there.
    pub fn new(
        place: StagingPlace,
        config: &StagingConfig,
        folder: PathBuf,
        writer: Arc<dyn RegistryWriter>,
        locations: Arc<dyn LocationStore>,
    ) -> io::Result<Self> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_threads(threads, place, config, folder, writer, locations)
    }

    fn with_threads(
        threads: usize,
        place: StagingPlace,
        config: &StagingConfig,
        folder: PathBuf,
        writer: Arc<dyn RegistryWriter>,
        locations: Arc<dyn LocationStore>,
    ) -> io::Result<Self> {
        let codec = Codec::from(config.compression);
        Ok(Self(Arc::new(Yard {
            known: known(&place, codec, &writer, &locations),
            place,
            codec,
            uploads_per_image: config.uploads_per_image.max(1).into(),
            spool: Arc::new(Spool::new(folder, config.spool_bytes.get(), config.wait)?),
            pool: Arc::new(Pool::new(threads)?),
            writer,
            locations,
            uploads: Arc::new(Semaphore::new(config.uploads.max(1).into())),
            grace: config.sweep_grace,
            manifests: RwLock::default(),
        })))
    }

    /// Stages into another repository, within the same limits. Neither knows a layer of the other's.
    #[must_use]
    pub fn beside(&self, repository: Repository) -> Self {
        let Yard { codec, uploads_per_image, grace, .. } = *self.0;
        let Yard { place, spool, pool, writer, locations, uploads, .. } = &*self.0;
        let place = StagingPlace { repository, ..place.clone() };
        Self(Arc::new(Yard {
            known: known(&place, codec, writer, locations),
            place,
            codec,
            uploads_per_image,
            spool: Arc::clone(spool),
            pool: Arc::clone(pool),
            writer: Arc::clone(writer),
            locations: Arc::clone(locations),
            uploads: Arc::clone(uploads),
            grace,
            manifests: RwLock::default(),
        }))
    }
}

fn known(
    place: &StagingPlace,
    codec: Codec,
    writer: &Arc<dyn RegistryWriter>,
    locations: &Arc<dyn LocationStore>,
) -> Known {
    Known::new(place.repository.clone(), codec.compression(), Arc::clone(writer), Arc::clone(locations))
}

#[async_trait]
impl Staging for Stager {
    fn repository(&self) -> &Repository {
        &self.0.place.repository
    }

    fn begin(&self, access: Access) -> Box<dyn StagingSession> {
        Box::new(Session::new(Arc::clone(&self.0), access))
    }

    async fn sweep(&self, access: &Access) -> Result<()> {
        let yard = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || yard.spool.sweep())
            .await
            .map_err(Error::internal)?
            .map_err(Error::internal)?;
        self.0.delete_unneeded(access).await
    }
}

impl Yard {
    async fn delete_unneeded(&self, access: &Access) -> Result<()> {
        let before = OffsetDateTime::now_utc() - self.grace;
        for digest in self.locations.unneeded_manifests(&self.place.repository, before).await? {
            let deleted = self.delete_if_unneeded(&digest, before, access).await;
            tally::swept(deleted.is_ok());
            if let Err(why) = deleted {
                tracing::warn!(manifest = %digest, "{digest} stays in the staging registry until the next sweep: {why}");
            }
        }
        Ok(())
    }

    async fn delete_if_unneeded(
        &self,
        digest: &Digest,
        before: OffsetDateTime,
        access: &Access,
    ) -> Result<()> {
        let _nobody_puts = self.manifests.write().await;
        let repository = &self.place.repository;
        // A load may have taken it into use since.
        if self.locations.is_unneeded(repository, digest, before).await? {
            self.writer.delete_manifest(repository, &self.place.to_delete(digest)?, access).await?;
            self.locations.forget_manifest(repository, digest).await?;
        }
        Ok(())
    }
}

impl fmt::Debug for Stager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stager").field("repository", &self.0.place.repository).finish_non_exhaustive()
    }
}

/// For those who still write for a session that has ended.
fn given_up() -> Error {
    Error::internal("the load has been given up")
}

#[cfg(test)]
mod tests;
