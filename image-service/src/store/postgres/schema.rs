//! The schema and its history: `migrations/postgres`, number by number what `migrations/sqlite` is.

use sqlx::migrate::{MigrateError, Migrator};

use super::{Pool, PostgresError};
use crate::store::migrations;

/// Whether tables are there and none of them tells of our history.
const FOREIGN: &str = "SELECT count(*) > 0 AND count(*) FILTER (WHERE table_name = '_sqlx_migrations') = 0 \
     FROM information_schema.tables WHERE table_schema = current_schema()";

/// Brings the database to the schema of this version. One service does it while the others wait.
pub(super) async fn migrate(pool: &Pool) -> Result<(), PostgresError> {
    let is_foreign: bool = sqlx::query_scalar(FOREIGN).fetch_one(pool).await?;
    if is_foreign {
        return Err(PostgresError::Foreign);
    }
    let migrator = Migrator::with_migrations(migrations!("postgres"));
    match migrator.run(pool).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(schema)) => Err(PostgresError::Newer { schema }),
        Err(MigrateError::VersionMismatch(_)) => Err(PostgresError::Foreign),
        Err(cause) => Err(PostgresError::Schema(cause)),
    }
}
