//! Opening: claim the folder, connect, migrate.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    ConnectOptions,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Answers, Finder, Pool, Scanner, folder::DataFolder, portable::Store, schema};
use crate::{
    ports::Sealer,
    store::{encoding::random_name, error::is_damage},
};

/// A reader is a thread; more of them than cores do not read faster.
const READERS: u32 = 4;
/// A caller is told soon that the store does not answer.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Changes stand in line for the one writer; a finished pull is worth some patience.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The log is cut back to this after a checkpoint.
const LOG_BYTES: &str = "67108864";

/// Why the state cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or a file in it.
    #[error("cannot use the data folder {}: {cause}", folder.display())]
    Folder {
        /// As configured.
        folder: PathBuf,
        /// From the system.
        cause: io::Error,
    },
    /// Another process has it.
    #[error("the data folder {} is in use by another process: stop that one, or configure another folder", folder.display())]
    InUse {
        /// As configured.
        folder: PathBuf,
    },
    /// Written by a later version.
    #[error(
        "the data folder {} was written by a newer version of this service (schema {schema}): run that version, or restore a copy from before the upgrade",
        folder.display()
    )]
    Newer {
        /// As configured.
        folder: PathBuf,
        /// The first migration that is not known here.
        schema: i64,
    },
    /// Another program's.
    #[error(
        "the database in {} belongs to another program: give this service a data folder of its own",
        folder.display()
    )]
    Foreign {
        /// As configured.
        folder: PathBuf,
    },
    /// The file is not what was written.
    #[error(
        "the database in {} is damaged: {cause}; `image-service db check` tells what can still be read: put a copy of the whole folder in its place",
        folder.display()
    )]
    Damaged {
        /// As configured.
        folder: PathBuf,
        /// From the database.
        cause: sqlx::Error,
    },
    /// The last changes are not there.
    #[error(
        "the write-ahead log of the database in {} is missing, and with it the last changes: put state.sqlite-wal back, or a copy of the whole \
         folder in its place; if another program has merged it into the database, remove the file `lock` there",
        folder.display()
    )]
    LogMissing {
        /// As configured.
        folder: PathBuf,
    },
    /// The schema cannot be brought up to date.
    #[error("cannot bring the database in {} up to date: {cause}", folder.display())]
    Schema {
        /// As configured.
        folder: PathBuf,
        /// From the migrator.
        cause: MigrateError,
    },
    /// The database cannot be read.
    #[error("cannot open the database in {}: {cause}", folder.display())]
    Database {
        /// As configured.
        folder: PathBuf,
        /// From the database.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No randomness.
    #[error("the system gives no random numbers")]
    Random,
}

impl OpenError {
    pub(super) fn database(folder: &Path, cause: sqlx::Error) -> Self {
        let folder = folder.to_owned();
        match is_damage(&cause) {
            true => Self::Damaged { folder, cause },
            false => Self::Database { folder, cause: cause.into() },
        }
    }

    pub(super) fn schema(folder: &Path, cause: MigrateError) -> Self {
        match cause {
            MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) if is_damage(&cause) => {
                Self::Damaged { folder: folder.to_owned(), cause }
            }
            cause => Self::Schema { folder: folder.to_owned(), cause },
        }
    }
}

impl Store {
    /// Opens the state in a data folder, which is made if it is missing and belongs to this value until it is dropped.
    pub async fn open(data_dir: &Path, sealer: Arc<dyn Sealer>) -> Result<Self, OpenError> {
        let folder = DataFolder::claim(data_dir)?;
        let database = folder.database()?;
        let options = options(&database);
        let fault = |cause| OpenError::database(data_dir, cause);
        // The writer comes first: it turns the write-ahead log on, which a reader cannot.
        let writer = pool(1, WRITE_TIMEOUT, options.clone()).await.map_err(fault)?;
        schema::migrate(&folder, &writer).await?;
        let reader = pool(READERS, READ_TIMEOUT, options.read_only(true)).await.map_err(fault)?;
        let unopened =
            |cause: rusqlite::Error| OpenError::Database { folder: data_dir.to_owned(), cause: cause.into() };
        let finder = Finder::open(&database).map_err(unopened)?;
        let scanner = Scanner::open(&database).map_err(unopened)?;
        let random = || random_name().ok_or(OpenError::Random);
        let (answers, fresh_id) = (Answers::new(random()?), random()?);
        folder.note_log().map_err(|cause| OpenError::Folder { folder: data_dir.to_owned(), cause })?;
        let repetitions = 0; // The only writer stands in nobody's way.
        let store =
            Self::on(folder, writer, reader, finder, scanner, sealer, answers, &fresh_id, repetitions);
        store.await.map_err(fault)
    }
}

pub(super) fn options(database: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(database)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .pragma("journal_size_limit", LOG_BYTES)
        .disable_statement_logging()
}

pub(super) async fn pool(
    connections: u32,
    patience: Duration,
    options: SqliteConnectOptions,
) -> sqlx::Result<Pool> {
    // A local file needs no test before use; it would double the cost of a read.
    let pool = SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false);
    pool.idle_timeout(None).max_lifetime(None).acquire_timeout(patience).connect_with(options).await
}
