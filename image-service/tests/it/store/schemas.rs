//! Both engines have one schema: the same migrations, the same tables, columns, keys and indexes.

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
async fn both_engines_have_the_same_tables_and_indexes() {
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
    for (here, there) in [(SQLITE_COLUMNS, POSTGRES_COLUMNS), (SQLITE_INDEXES, POSTGRES_INDEXES)] {
        let embedded: Vec<String> = sqlx::query_scalar(here).fetch_all(&mut sqlite).await.unwrap();
        let shared = server.sql(database, there).await;
        let (embedded, shared): (Lines, Lines) =
            (embedded.into_iter().collect(), shared.lines().map(str::to_owned).collect());
        assert!(embedded.len() > 5);
        assert_eq!(embedded, shared);
    }
}
