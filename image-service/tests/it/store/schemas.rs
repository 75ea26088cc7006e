//! Both engines have one schema: the same migrations, the same tables, columns, keys, indexes, and events that triggers wait for.

use std::{collections::BTreeSet, path::Path};

use fixtures::peers::Postgres;
use image_service::{
    secrets::Seal,
    store::{PostgresSettings, PostgresStore, SqliteStore},
};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// `table.column type required`, one per line.
const SQLITE_COLUMNS: &str = "SELECT t.name || '.' || c.name || ' ' || \
     CASE c.type WHEN 'INTEGER' THEN 'number' WHEN 'TEXT' THEN 'text' WHEN 'BLOB' THEN 'bytes' END || \
     CASE WHEN c.\"notnull\" = 1 THEN ' required' ELSE '' END \
     FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
     WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
const POSTGRES_COLUMNS: &str = "SELECT table_name || '.' || column_name || ' ' || \
     CASE data_type WHEN 'bigint' THEN 'number' WHEN 'text' THEN 'text' WHEN 'bytea' THEN 'bytes' END || \
     CASE WHEN is_nullable = 'NO' THEN ' required' ELSE '' END \
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%'";

/// `table: column, column`, one for each index, keys among them.
const SQLITE_INDEXES: &str = "SELECT t.name || ': ' || (SELECT group_concat(name, ', ') FROM \
         (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) \
     FROM sqlite_schema t JOIN pragma_index_list(t.name) i \
     WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
     UNION SELECT t.name || ': ' || c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
     WHERE t.type = 'table' AND c.pk = 1 AND c.type = 'INTEGER'";
const POSTGRES_INDEXES: &str = "SELECT t.relname || ': ' || string_agg(a.attname, ', ' ORDER BY k.place) \
     FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace s ON s.oid = t.relnamespace \
     CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(number, place) \
     JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number \
     WHERE s.nspname = 'public' AND t.relname NOT LIKE '\\_%' GROUP BY t.relname, i.indexrelid";

/// `table (columns) -> other (columns) on delete`, one for each foreign key.
const SQLITE_REFERENCES: &str = "SELECT t.name || ' (' || group_concat(f.\"from\", ', ' ORDER BY f.seq) || ') -> ' || f.\"table\" || \
     ' (' || COALESCE(group_concat(f.\"to\", ', ' ORDER BY f.seq), (SELECT group_concat(k.name, ', ' ORDER BY k.pk) \
         FROM pragma_table_info(f.\"table\") k WHERE k.pk > 0)) || ') ' || lower(f.on_delete) \
     FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table' GROUP BY t.name, f.id";
const POSTGRES_REFERENCES: &str = "SELECT t.relname || ' (' || \
     (SELECT string_agg(a.attname, ', ' ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY k(number, place) \
      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number) || ') -> ' || o.relname || ' (' || \
     (SELECT string_agg(a.attname, ', ' ORDER BY k.place) FROM unnest(c.confkey) WITH ORDINALITY k(number, place) \
      JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number) || ') ' || \
     CASE c.confdeltype WHEN 'a' THEN 'no action' WHEN 'c' THEN 'cascade' ELSE c.confdeltype::text END \
     FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class o ON o.oid = c.confrelid \
     JOIN pg_namespace s ON s.oid = t.relnamespace WHERE c.contype = 'f' AND s.nspname = 'public'";

/// `table: predicate`, one for each index of some rows only.
const SQLITE_PARTIAL: &str = "SELECT tbl_name || ': ' || substr(sql, instr(sql, ' WHERE ') + 7) FROM sqlite_schema \
     WHERE type = 'index' AND sql LIKE '% WHERE %'";
const POSTGRES_PARTIAL: &str = "SELECT t.relname || ': ' || btrim(pg_get_expr(i.indpred, i.indrelid), '()') \
     FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace s ON s.oid = t.relnamespace \
     WHERE i.indpred IS NOT NULL AND s.nspname = 'public'";

/// `table event`, one for each event that a trigger waits for: how many wait differs, as one of Postgres can wait for several.
const SQLITE_TRIGGERS: &str = "SELECT DISTINCT tbl_name || ' ' || e.event FROM sqlite_schema \
     JOIN (SELECT 'INSERT' AS event UNION SELECT 'UPDATE' UNION SELECT 'DELETE') e \
     ON sql LIKE '%AFTER ' || e.event || ' %' || tbl_name || '%' WHERE type = 'trigger'";
const POSTGRES_TRIGGERS: &str = "SELECT DISTINCT event_object_table || ' ' || event_manipulation \
     FROM information_schema.triggers WHERE trigger_schema = 'public'";

const COMPARED: [(&str, &str, usize); 5] = [
    (SQLITE_COLUMNS, POSTGRES_COLUMNS, 60),
    (SQLITE_INDEXES, POSTGRES_INDEXES, 20),
    (SQLITE_REFERENCES, POSTGRES_REFERENCES, 7),
    (SQLITE_PARTIAL, POSTGRES_PARTIAL, 2),
    (SQLITE_TRIGGERS, POSTGRES_TRIGGERS, 7),
];

type Lines = BTreeSet<String>;

fn names(engine: &str) -> Lines {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(engine);
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn both_engines_have_the_same_migrations() {
    assert_eq!(names("sqlite"), names("postgres"));
}

#[tokio::test]
async fn both_engines_have_the_same_schema() {
    let folder = tempfile::tempdir().unwrap();
    let seal = || std::sync::Arc::new(Seal::in_data_dir(folder.path()).unwrap());
    SqliteStore::open(folder.path(), seal()).await.unwrap().close().await;
    let server = Postgres::shared().await;
    let url = server.database().await;
    let settings = PostgresSettings::new(url.clone().into());
    PostgresStore::connect(&settings, seal()).await.unwrap().close().await;

    let options = SqliteConnectOptions::new().filename(folder.path().join("state.sqlite"));
    let mut sqlite = SqliteConnection::connect_with(&options).await.unwrap();
    let database = url.rsplit_once('/').unwrap().1;
    for (here, there, at_least) in COMPARED {
        let embedded: Vec<String> = sqlx::query_scalar(here).fetch_all(&mut sqlite).await.unwrap();
        let shared = server.sql(database, there).await;
        let (embedded, shared): (Lines, Lines) =
            (embedded.into_iter().collect(), shared.lines().map(str::to_owned).collect());
        assert!(embedded.len() >= at_least, "{embedded:#?}");
        assert_eq!(embedded, shared);
    }
}
