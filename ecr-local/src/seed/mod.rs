//! Filling a registry from a document, telling its state as one, and emptying it.
//!
//! Invariant: a document can do nothing that clients could not: digests are proved, and manifests refer to what is there.

mod blobs;
mod document;
mod export;
mod import;
mod rows;
mod uploads;

pub use document::{Seed, SeedBlob, SeedImage, SeedRepository, SeedSetting, SeedUpload};
pub(crate) use export::{Exporter, Form};

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{io::AsyncWriteExt, sync::mpsc};

use crate::{blobs::on_disk, folder::make_folder, store::Store};

/// Pieces of a document that wait to be written.
const AHEAD: usize = 16;

/// Why a document does not become a state. What stands before the mistake is kept.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The document's file.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// As it was named.
        path: PathBuf,
        /// From the system.
        cause: io::Error,
    },
    /// It is no such document.
    #[error("not a state: {0}")]
    Document(String),
    /// Something in it cannot be so.
    #[error("{place}: {why}")]
    Content {
        /// A repository, and what of it.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// The disk, or the database.
    #[error("cannot keep it: {0}")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl SeedError {
    fn at(place: impl Into<String>, why: impl ToString) -> Self {
        Self::Content { place: place.into(), why: why.to_string() }
    }
}

impl From<sqlx::Error> for SeedError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<io::Error> for SeedError {
    fn from(error: io::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Tells a state in a folder: `state.json`, and blobs in `blobs/`.
pub(crate) async fn export_to(store: Arc<Store>, folder: &Path) -> io::Result<()> {
    let (blobs, document) = (folder.join("blobs"), folder.join("state.json"));
    let made = blobs.clone();
    on_disk(move || make_folder(&made)).await?;
    let mut file = tokio::fs::File::create(document).await?;
    let (out, mut pieces) = mpsc::channel(AHEAD);
    let telling = Exporter { store, form: Form::Files(blobs), out }.run();
    let writing = async {
        while let Some(piece) = pieces.recv().await {
            file.write_all(&piece?).await?;
        }
        file.sync_all().await
    };
    tokio::join!(telling, writing).1
}

impl Store {
    /// Forgets everything: repositories with all that they hold, settings, uploads. Passwords that were given out stay good.
    pub(crate) async fn reset(&self) -> io::Result<()> {
        self.state.clear().await.map_err(io::Error::other)?;
        for key in self.uploads.stale(Duration::ZERO).await? {
            self.uploads.end(&key).await?;
        }
        self.remove_orphans().await.map(drop)
    }
}
