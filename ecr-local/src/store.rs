//! Content and what is known of it, together: the place where a file and its row come and go in the right order.
//!
//! Invariant: a row of a blob means that its file is there. Files come before rows and go after them, and no file goes while another
//! one is on its way to the same place.

use std::{io, time::Duration};

use tokio::sync::RwLock;

use crate::{
    blobs::{BlobFolder, CompleteError, Session, UploadKey, Uploads, on_disk},
    clock::Clock,
    durability::Durability,
    folder::DataFolder,
    model::Digest,
    state::{self, KnownBlob, OpenError, Pace, State},
};

/// Everything that is kept.
pub(crate) struct Store {
    pub(crate) state: State,
    pub(crate) blobs: BlobFolder,
    pub(crate) uploads: Uploads,
    pub(crate) lifetimes: Lifetimes,
    /// Read by those who bring a file to its place, written by those who take files away.
    pub(crate) removal: RwLock<()>,
    // Last, so that the folder is given up when nothing uses it any more.
    _folder: DataFolder,
}

/// How long things live that nobody needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetimes {
    /// A blob that no manifest refers to, since a client was last told of it.
    pub(crate) unused_blob: Duration,
    /// An upload that gets nothing.
    pub(crate) idle_upload: Duration,
}

impl Store {
    pub(crate) async fn open(
        folder: DataFolder,
        durability: Durability,
        lifetimes: Lifetimes,
        clock: Clock,
        pace: Pace,
    ) -> Result<Self, OpenError> {
        Ok(Self {
            state: State::open(&folder.database(), durability, clock, pace).await?,
            blobs: BlobFolder::new(folder.blobs(), durability),
            uploads: Uploads::new(folder.uploads(), durability),
            lifetimes,
            removal: RwLock::new(()),
            _folder: folder,
        })
    }

    /// Makes a blob of an upload, if it has the digest. The blob survives a power cut when this returns.
    pub(crate) async fn complete_upload(
        &self,
        key: &UploadKey,
        session: &Session,
        digest: &Digest,
    ) -> Result<(), CompleteError> {
        let finished = session.finish(digest).await?;
        let arriving = self.removal.read().await;
        let (blobs, wanted) = (self.blobs.clone(), digest.clone());
        // The file is held until it is in its place, even if nobody waits for that any more.
        let size = finished.size;
        on_disk(move || blobs.publish(&finished, &wanted)).await?;
        let added = self.state.add_blob(key.repository, digest, size).await;
        drop(arriving);
        added.map_err(io::Error::other)?;
        self.end_upload(key).await?;
        Ok(())
    }

    /// Forgets an upload, and what came of it so far.
    pub(crate) async fn end_upload(&self, key: &UploadKey) -> io::Result<()> {
        self.uploads.end(key).await?;
        self.state.forget_parts(key).await.map_err(io::Error::other)
    }

    /// A blob of a repository. Whoever is told of it may count on it for a while: its time of grace begins anew.
    pub(crate) async fn promise_blob(
        &self,
        repository: i64,
        digest: &Digest,
    ) -> state::Result<Option<KnownBlob>> {
        let Some(known) = self.state.blob(repository, digest).await? else { return Ok(None) };
        // Not at every question: a write costs much more than a look.
        let wait = self.lifetimes.unused_blob.as_secs() / 4;
        let due = known.unused.is_some_and(|unused| unused >= wait);
        let kept = !due || self.state.touch_blob(repository, digest).await?;
        Ok(kept.then_some(known))
    }
}
