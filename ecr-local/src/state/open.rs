//! Opening: connect and migrate.

use std::{path::Path, sync::atomic::AtomicBool, time::Duration};

use sqlx::{
    ConnectOptions, SqlSafeStr, SqlitePool,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use tokio::sync::Notify;

use super::{Pace, State, log::Log, pull_through::HAS_RULES, writer::Writer};
use crate::{clock::Clock, durability::Durability};

/// A reader is a thread.
const READERS: u32 = 4;
/// A client is told soon that the state does not answer.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Changes stand in line for the one writer; a finished upload is worth some patience.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Per connection, in KiB (SQLite's negative sign): small, since rows are small and the system caches files as well.
const PAGE_CACHE: &str = "-1024";
/// The log is cut back to this after a checkpoint.
const LOG_BYTES: &str = "16777216";

/// Why the state cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Schema(#[from] MigrateError),
}

impl State {
    /// Opens the state in a database file that exists, if only as an empty one.
    pub(crate) async fn open(
        database: &Path,
        durability: Durability,
        clock: Clock,
        pace: Pace,
    ) -> Result<Self, OpenError> {
        let options = options(database, durability);
        // The writer comes first: it turns the write-ahead log on, which a reader cannot.
        let writer = pool(1, WRITE_TIMEOUT, options.clone()).await?;
        migrator().run(&writer).await?;
        let reader = options.read_only(true).optimize_on_close(false, None);
        let has_rules = sqlx::query_scalar(HAS_RULES).fetch_one(&writer).await?;
        let reader = pool(READERS, READ_TIMEOUT, reader).await?;
        let writer = Writer::new(writer, Log::of(database, durability));
        Ok(Self { reader, writer, clock, pace, queue: Notify::new(), has_rules: AtomicBool::new(has_rules) })
    }
}

/// Never changed once released, only added to.
fn migrator() -> Migrator {
    Migrator::with_migrations(vec![
        migration(
            1,
            "repositories_blobs_manifests",
            include_str!("../../migrations/0001_repositories_blobs_manifests.sql"),
        ),
        migration(2, "control_plane", include_str!("../../migrations/0002_control_plane.sql")),
        migration(3, "lifecycle", include_str!("../../migrations/0003_lifecycle.sql")),
        migration(
            4,
            "scans_storage_signing",
            include_str!("../../migrations/0004_scans_storage_signing.sql"),
        ),
        migration(
            5,
            "replication_pull_through_templates",
            include_str!("../../migrations/0005_replication_pull_through_templates.sql"),
        ),
        migration(6, "public", include_str!("../../migrations/0006_public.sql")),
    ])
}

fn migration(version: i64, name: &'static str, sql: &'static str) -> Migration {
    Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
}

/// The log is brought to the disk by `Log` after each commit, and by SQLite only before it goes into the database.
fn options(database: &Path, durability: Durability) -> SqliteConnectOptions {
    let synchronous = match durability {
        Durability::PowerCut => SqliteSynchronous::Normal,
        Durability::Crash => SqliteSynchronous::Off,
    };
    SqliteConnectOptions::new()
        .filename(database)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(READ_TIMEOUT)
        .foreign_keys(true)
        .pragma("cache_size", PAGE_CACHE)
        .pragma("journal_size_limit", LOG_BYTES)
        .optimize_on_close(true, None)
        .disable_statement_logging()
}

async fn pool(
    connections: u32,
    patience: Duration,
    options: SqliteConnectOptions,
) -> sqlx::Result<SqlitePool> {
    // A local file needs no test before use; it would double the cost of a read.
    let pool = SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false);
    pool.idle_timeout(None).max_lifetime(None).acquire_timeout(patience).connect_with(options).await
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;
