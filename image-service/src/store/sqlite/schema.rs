//! The schema and its history: `migrations/sqlite`.

use sqlx::{
    SqlSafeStr,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use super::{OpenError, Ownership, Pool};

macro_rules! migrations {
    ($($number:literal $name:literal),+ $(,)?) => {
        vec![$(Migration::new(
            $number,
            $name.into(),
            MigrationType::Simple,
            include_str!(concat!("../../../../migrations/sqlite/000", $number, "_", $name, ".sql")).into_sql_str(),
            false,
        )),+]
    };
}

/// Brings the database to the schema of this version.
pub(super) async fn migrate(folder: &Ownership, writer: &Pool) -> Result<(), OpenError> {
    let migrator = Migrator::with_migrations(migrations![
        1 "images_and_credentials", 2 "locations", 3 "one_row_per_look_up", 5 "names_lead_to_configs"
    ]);
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
