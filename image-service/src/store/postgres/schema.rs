//! The schema and its history: `migrations/postgres`, number by number what `migrations/sqlite` is.

use sqlx::{
    SqlSafeStr,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use super::{Pool, PostgresError};

macro_rules! migrations {
    ($($number:literal $name:literal),+ $(,)?) => {
        vec![$(Migration::new(
            $number,
            $name.into(),
            MigrationType::Simple,
            include_str!(concat!("../../../../migrations/postgres/000", $number, "_", $name, ".sql")).into_sql_str(),
            false,
        )),+]
    };
}

/// Whether tables are there and none of them tells of our history.
const FOREIGN: &str = "SELECT count(*) > 0 AND count(*) FILTER (WHERE table_name = '_sqlx_migrations') = 0 \
     FROM information_schema.tables WHERE table_schema = current_schema()";

/// Brings the database to the schema of this version. One service does it while the others wait.
pub(super) async fn migrate(pool: &Pool) -> Result<(), PostgresError> {
    let is_foreign: bool = sqlx::query_scalar(FOREIGN).fetch_one(pool).await?;
    if is_foreign {
        return Err(PostgresError::Foreign);
    }
    let migrator = Migrator::with_migrations(migrations![
        1 "images_and_credentials", 2 "locations", 3 "one_row_per_look_up", 4 "image_vectors", 5 "names_lead_to_configs"
    ]);
    match migrator.run(pool).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(schema)) => Err(PostgresError::Newer { schema }),
        Err(MigrateError::VersionMismatch(_)) => Err(PostgresError::Foreign),
        Err(cause) => Err(PostgresError::Schema(cause)),
    }
}
