//! Opening: connect, migrate.

use std::sync::Arc;

use sqlx::migrate::MigrateError;

use super::{Answers, Finder, Ownership, PostgresSettings, Scanner, portable::Store, schema};
use crate::{ports::Sealer, store::encoding::random_name};

/// Why the state cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// Not `postgres://user@host/database`.
    #[error("the database's URL cannot be read: it should be postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    Url,
    /// Authorities, and a URL that does not have them asked.
    #[error("database.ca_file is of no use unless database.url says sslmode=verify-full (or verify-ca)")]
    Unverified,
    /// The wait for a lock would be told as a statement that takes too long.
    #[error("database.lock_timeout_seconds has to be less than database.statement_timeout_seconds")]
    Impatient,
    /// Written by a later version.
    #[error(
        "the database was written by a newer version of this service (schema {schema}): run that version, or restore a copy from before the upgrade"
    )]
    Newer {
        /// The first migration that is not known here.
        schema: i64,
    },
    /// Another program's.
    #[error("the database belongs to another program: give this service a database, or a schema, of its own")]
    Foreign,
    /// The schema cannot be brought up to date.
    #[error("cannot bring the database up to date: {0}")]
    Schema(#[source] MigrateError),
    /// The database does not answer.
    #[error("cannot use the database: {0}")]
    Database(#[from] sqlx::Error),
    /// No randomness.
    #[error("the system gives no random numbers")]
    Random,
}

impl PostgresError {
    /// Whether waiting may help.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Database(cause) => crate::store::error::is_unavailable(cause),
            Self::Schema(MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)) => {
                crate::store::error::is_unavailable(cause)
            }
            _ => false,
        }
    }
}

impl Store {
    /// Connects to a database and brings it up to date.
    pub async fn connect(
        settings: &PostgresSettings,
        sealer: Arc<dyn Sealer>,
    ) -> Result<Self, PostgresError> {
        let migrating = settings.migration_pool().await?;
        schema::migrate(&migrating).await?;
        migrating.close().await;
        let (writer, reader) = (settings.writer_pool().await?, settings.reader_pool().await?);
        let (finder, scanner) = (Finder(reader.clone()), Scanner::new(reader.clone()));
        let fresh_id = random_name().ok_or(PostgresError::Random)?;
        let (ownership, repetitions) = (Ownership, settings.repetitions);
        let store =
            Self::on(ownership, writer, reader, finder, scanner, sealer, Answers, &fresh_id, repetitions);
        Ok(store.await?)
    }
}
