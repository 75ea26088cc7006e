//! The schema and its history: `migrations/sqlite`.

use sqlx::migrate::{MigrateError, Migrator};

use super::{OpenError, Ownership, Pool};
use crate::store::migrations;

/// Brings the database to the schema of this version.
pub(super) async fn migrate(folder: &Ownership, writer: &Pool) -> Result<(), OpenError> {
    let migrator = Migrator::with_migrations(migrations!("sqlite"));
    match migrator.run(writer).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(schema)) => {
            Err(OpenError::Newer { folder: folder.path().to_owned(), schema })
        }
        Err(cause) => Err(OpenError::Schema { folder: folder.path().to_owned(), cause }),
    }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
