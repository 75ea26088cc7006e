//! Where a state is that this process does not serve: a database that services may be using.

use std::{fmt, sync::Arc};

use sqlx::ConnectOptions;

use super::{Connection, Pool, PostgresError, PostgresSettings, portable::Upkeep, schema};
use crate::{
    ports::Sealer,
    store::{Migrated, UpkeepError},
};

impl Upkeep {
    /// The state in a shared database.
    #[must_use]
    pub fn of_database(settings: PostgresSettings, sealer: Option<Arc<dyn Sealer>>) -> Self {
        Self::of(Place(settings), sealer)
    }
}

/// By how it is reached.
#[derive(Debug)]
pub(in crate::store) struct Place(PostgresSettings);

/// The one connection that changes something.
pub(super) struct Writer {
    pub(super) pool: Pool,
    pub(super) migrated: Migrated,
}

impl Place {
    /// A connection without time limits: whoever runs it looks at it.
    pub(super) async fn reader(&self) -> Result<Connection, UpkeepError> {
        Ok(self.0.for_migration()?.connect().await.map_err(PostgresError::from)?)
    }

    /// Brings the schema up to date on the way. A document may come slowly, in one transaction.
    pub(super) async fn writer(&self) -> Result<Writer, UpkeepError> {
        let pool = self.0.migration_pool().await?;
        let migrated = schema::migrate(&pool).await?;
        Ok(Writer { pool, migrated })
    }

    pub(super) fn newer(&self, schema: i64) -> PostgresError {
        PostgresError::Newer { schema }
    }

    pub(super) fn foreign(&self) -> PostgresError {
        PostgresError::Foreign
    }
}

/// A URL may have a password in it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the database of database.url")
    }
}
