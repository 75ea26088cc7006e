//! The migrations, in order: one list for all engines, which have them number by number under the same names.

/// Those of an engine, from its folder in `migrations/`. For files in the engine's folder here.
macro_rules! migrations {
    ($engine:literal) => {
        $crate::store::migrations!($engine:
            1 "images_and_credentials", 2 "locations", 3 "one_row_per_look_up", 4 "image_vectors",
            5 "names_lead_to_configs", 6 "sealing_keys", 7 "events", 8 "fixed_statistics"
        )
    };
    ($engine:literal: $($number:literal $name:literal),+) => {
        vec![$(sqlx::migrate::Migration::new(
            $number,
            $name.into(),
            sqlx::migrate::MigrationType::Simple,
            sqlx::SqlSafeStr::into_sql_str(include_str!(concat!(
                "../../../../migrations/", $engine, "/000", $number, "_", $name, ".sql"
            ))),
            false,
        )),+]
    };
}

pub(super) use migrations;
