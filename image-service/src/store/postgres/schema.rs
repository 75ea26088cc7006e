//! The schema and its history: `migrations/postgres`, number by number what `migrations/sqlite` is.

use sqlx::migrate::{MigrateError, Migration, Migrator};

use super::{Pool, PostgresError, portable::history};
use crate::store::{Migrated, history::History, migrations};

pub(super) fn migrations() -> Vec<Migration> {
    migrations!("postgres")
}

/// The last migration of this version.
pub(super) fn newest() -> i64 {
    migrations().last().map_or(0, |last| last.version)
}

/// Brings the database to the schema of this version. One service does it while the others wait.
pub(super) async fn migrate(pool: &Pool) -> Result<Migrated, PostgresError> {
    let from = match history(&mut *pool.acquire().await?).await? {
        History::Empty => None,
        History::Ours(schema) => Some(schema),
        History::Newer(schema) => return Err(PostgresError::Newer { schema }),
        History::Foreign => return Err(PostgresError::Foreign),
    };
    match Migrator::with_migrations(migrations()).run(pool).await {
        Ok(()) => Ok(Migrated { from, to: newest() }),
        // A service of a later version was here meanwhile.
        Err(MigrateError::VersionMissing(schema)) => Err(PostgresError::Newer { schema }),
        Err(cause) => Err(PostgresError::Schema(cause)),
    }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
