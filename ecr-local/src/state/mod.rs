//! The state: repositories, which blobs and manifests each has, and its tags, in an embedded database.
//!
//! Invariants: one process per data folder. A commit is on disk, even through a power cut, before whoever made it is answered, unless
//! that is switched off; others may see it a moment earlier. Foreign keys keep every reference alive. Every change is one transaction that begins with the write lock.

mod absent_children;
mod backfill_images;
mod backfills;
mod blobs;
mod copy_image;
mod delete_image;
mod images;
mod lifecycle;
mod log;
mod manifests;
mod on_push;
mod open;
mod parts;
mod prospect;
mod public;
mod pull_through;
mod pulls;
mod push;
mod referrers;
mod registry_settings;
mod replicated_deletions;
mod replications;
mod repositories;
mod repository;
mod resource_tags;
mod rows;
mod scan_scripts;
mod scans;
mod seeded_tables;
mod signings;
mod storage;
mod tags;
mod task_definitions;
mod tasks;
mod templates;
mod unused;
mod whole;
mod writer;

pub(crate) use backfill_images::{BackfillImage, BackfillProgress};
pub(crate) use backfills::{Backfill, StartOutcome};
pub(crate) use blobs::KnownBlob;
pub(crate) use copy_image::CopyOutcome;
pub(crate) use delete_image::RemovedImage;
pub(crate) use images::{ImagePosition, ImageRow, Shown};
pub(crate) use lifecycle::Lifecycle;
pub(crate) use manifests::{DeleteOutcome, StoredManifest};
pub(crate) use open::OpenError;
pub(crate) use public::ImageTag;
pub(crate) use pull_through::{PullThroughRule, RuleOutcome};
pub(crate) use push::{NewManifest, Pushed, PutOutcome};
pub(crate) use referrers::Referrer;
pub(crate) use registry_settings::{POLICY, SCANNING, SIGNING};
pub(crate) use replicated_deletions::ReplicatedDeletion;
pub(crate) use replications::{REPLICATION, Replication};
pub(crate) use repository::{NewRepository, Repository};
pub(crate) use rows::{RowError, Table};
pub(crate) use scan_scripts::ScriptRow;
pub(crate) use scans::{Begun, ScanRow};
pub(crate) use seeded_tables::TABLES;
pub(crate) use task_definitions::TaskDefinition;
pub(crate) use tasks::{NewTask, Task, TaskFilter};
pub(crate) use templates::Template;
pub(crate) use whole::{ImageHistory, RepositoryHistory};

use std::{sync::atomic::AtomicBool, time::Duration};

use sqlx::SqlitePool;
use tokio::sync::Notify;

use self::writer::{Change, Writer};
use crate::clock::Clock;

/// The database does not do what it was asked to.
pub(crate) type Error = sqlx::Error;
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Everything but the content of blobs.
pub(crate) struct State {
    // Readers go first when the state is dropped: the last connection to close clears the log away, and only the writer can.
    reader: SqlitePool,
    writer: Writer,
    clock: Clock,
    /// Told of what was queued for other registries.
    pub(crate) queue: Notify,
    /// Whether there may be rules by which images are fetched: most registries have none, and every pull asks.
    has_rules: AtomicBool,
    pace: Pace,
}

/// How long things take that take no time here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) scan: Duration,
    /// Of an image from the archive.
    pub(crate) restore: Duration,
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

    async fn change(&self) -> Result<Change> {
        self.writer.begin().await
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
