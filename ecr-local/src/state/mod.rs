//! The state: repositories, which blobs and manifests each has, and its tags, in an embedded database.
//!
//! Invariants: one process per data folder. A commit is on disk, even through a power cut, before it is answered. Foreign keys keep
//! every reference alive. Every change is one transaction that begins with the write lock.

mod blobs;
mod delete_image;
mod images;
mod lifecycle;
mod manifests;
mod open;
mod parts;
mod push;
mod referrers;
mod registry_settings;
mod repositories;
mod repository;
mod resource_tags;
mod tags;
mod unused;
mod whole;

pub(crate) use blobs::KnownBlob;
pub(crate) use delete_image::RemovedImage;
pub(crate) use images::{ImagePosition, ImageRow, Shown};
pub(crate) use lifecycle::Lifecycle;
pub(crate) use manifests::{DeleteOutcome, StoredManifest};
pub(crate) use open::OpenError;
pub(crate) use push::{NewManifest, Pushed, PutOutcome};
pub(crate) use referrers::Referrer;
pub(crate) use repository::{NewRepository, Repository};

use std::time::Duration;

use sqlx::{SqlitePool, sqlite::SqliteTransaction};

use crate::clock::Clock;

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
    clock: Clock,
}

impl State {
    /// Waits for what is under way and closes the database.
    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Whole seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        seconds(self.clock.now())
    }

    async fn change(&self) -> Result<SqliteTransaction<'static>> {
        self.writer.begin_with(BEGIN).await
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
