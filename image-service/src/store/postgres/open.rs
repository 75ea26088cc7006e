//! Opening: connect, migrate.

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    ConnectOptions,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{Answers, Finder, Pool, Scanner, portable::Store, schema};
use crate::{ports::Sealer, store::encoding::random_name};

/// A caller is told soon that the store does not answer.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Changes stand in line; a finished pull is worth some patience.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
const LOCK_TIMEOUT: &str = "20s";
const STATEMENT_TIMEOUT: &str = "30s";
/// A service that has gone without a word lets the others change something again.
const SILENCE: [(&str, &str); 4] = [
    ("idle_in_transaction_session_timeout", "30s"),
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
];
/// A connection that a firewall may have forgotten is not used.
const LONGEST_REST: Duration = Duration::from_secs(60);
/// Nor is any for ever.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 60);

/// Why the state cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// Not `postgres://user@host/database`.
    #[error("the database's URL cannot be read: it should be postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    Url,
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
    /// Connects to a database and brings it up to date. `connections` is the most that this process has open for reading, and for changes.
    pub async fn connect(
        url: &SecretString,
        connections: u32,
        sealer: Arc<dyn Sealer>,
    ) -> Result<Self, PostgresError> {
        let options: PgConnectOptions = url.expose_secret().parse().map_err(|_| PostgresError::Url)?;
        let options = options.application_name("image-service").options(SILENCE).disable_statement_logging();
        // A migration may take long, and so may the wait for another service that makes it.
        let migrating = pool(1, READ_TIMEOUT, options.clone()).await?;
        schema::migrate(&migrating).await?;
        migrating.close().await;
        let options =
            options.options([("lock_timeout", LOCK_TIMEOUT), ("statement_timeout", STATEMENT_TIMEOUT)]);
        let writer = pool(connections, WRITE_TIMEOUT, options.clone()).await?;
        let reader = pool(connections, READ_TIMEOUT, options).await?;
        let (finder, scanner) = (Finder(reader.clone()), Scanner::new(reader.clone()));
        let fresh_id = random_name().ok_or(PostgresError::Random)?;
        Ok(Self::on((), writer, reader, finder, scanner, sealer, Answers, &fresh_id).await?)
    }
}

async fn pool(connections: u32, patience: Duration, options: PgConnectOptions) -> sqlx::Result<Pool> {
    let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(patience);
    pool.max_lifetime(LONGEST_LIFE).idle_timeout(LONGEST_REST).connect_with(options).await
}
