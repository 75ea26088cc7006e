//! The schema and its history: `migrations/sqlite`.

use sqlx::migrate::{Migration, Migrator};

use super::{OpenError, Ownership, Pool, portable::history};
use crate::store::{Migrated, history::History, migrations};

pub(super) fn migrations() -> Vec<Migration> {
    migrations!("sqlite")
}

/// The last migration of this version.
pub(super) fn newest() -> i64 {
    migrations().last().map_or(0, |last| last.version)
}

/// Brings the database to the schema of this version.
pub(super) async fn migrate(folder: &Ownership, writer: &Pool) -> Result<Migrated, OpenError> {
    let path = || folder.path().to_owned();
    let fault = |cause| OpenError::database(folder.path(), cause);
    let from = match history(&mut *writer.acquire().await.map_err(fault)?).await.map_err(fault)? {
        History::Empty => None,
        History::Ours(schema) => Some(schema),
        History::Newer(schema) => return Err(OpenError::Newer { folder: path(), schema }),
        History::Foreign => return Err(OpenError::Foreign { folder: path() }),
    };
    let migrated = Migrator::with_migrations(migrations()).run(writer).await;
    migrated.map_err(|cause| OpenError::schema(folder.path(), cause))?;
    Ok(Migrated { from, to: newest() })
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
