//! Opening: connect, migrate.

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    ConnectOptions,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{Finder, Pool, Scanner, portable::Store, schema};
use crate::{ports::Sealer, store::encoding::random_name};

/// A caller is told soon that the store does not answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A connection that a firewall has forgotten is not used for ever.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 60);
/// Changes stand in line; a finished pull is worth some patience.
const LOCK_TIMEOUT: &str = "20s";
const STATEMENT_TIMEOUT: &str = "30s";

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
            Self::Schema(MigrateError::Execute(cause)) => crate::store::error::is_unavailable(cause),
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
        let options = options
            .application_name("image-service")
            .options([("lock_timeout", LOCK_TIMEOUT), ("statement_timeout", STATEMENT_TIMEOUT)])
            .disable_statement_logging();
        let writer = pool(connections, options.clone()).await?;
        schema::migrate(&writer).await?;
        let reader = pool(connections, options).await?;
        let (finder, scanner) = (Finder(reader.clone()), Scanner(reader.clone()));
        let fresh_id = random_name().ok_or(PostgresError::Random)?;
        Ok(Self::on((), writer, reader, finder, scanner, sealer, String::new(), &fresh_id).await?)
    }
}

async fn pool(connections: u32, options: PgConnectOptions) -> sqlx::Result<Pool> {
    let pool = PgPoolOptions::new().max_connections(connections).test_before_acquire(false);
    pool.max_lifetime(LONGEST_LIFE).acquire_timeout(PATIENCE).connect_with(options).await
}
