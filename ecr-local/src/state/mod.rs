//! The state: repositories, which blobs and manifests each has, and its tags, in an embedded database.
//!
//! Invariants: one process per data folder. A commit is on disk, even through a power cut, before it is answered. Foreign keys keep
//! every reference alive. Every change is one transaction that begins with the write lock.

mod blobs;
mod manifests;
mod open;
mod push;
mod referrers;
mod repositories;
mod tags;
mod unused;

pub(crate) use blobs::KnownBlob;
pub(crate) use manifests::{DeleteOutcome, StoredManifest};
pub(crate) use open::OpenError;
pub(crate) use push::{NewManifest, PutOutcome};
pub(crate) use referrers::Referrer;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::{SqlitePool, sqlite::SqliteTransaction};

/// The database does not do what it was asked to.
pub(crate) type Error = sqlx::Error;
pub(crate) type Result<T> = std::result::Result<T, Error>;

const BEGIN: &str = "BEGIN IMMEDIATE";

/// Everything but the content of blobs.
#[derive(Debug)]
pub(crate) struct State {
    // Readers go first when the state is dropped: the last connection to close clears the log away, and only the writer can.
    reader: SqlitePool,
    writer: SqlitePool,
}

impl State {
    /// Waits for what is under way and closes the database.
    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    async fn change(&self) -> Result<SqliteTransaction<'static>> {
        self.writer.begin_with(BEGIN).await
    }
}

/// Whole seconds since 1970.
fn now() -> i64 {
    seconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
