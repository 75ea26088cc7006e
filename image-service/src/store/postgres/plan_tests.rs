use std::{collections::BTreeSet, sync::Arc};

use fixtures::peers::Postgres;

use super::{
    PostgresSettings, PostgresStore,
    portable::{EVENTS, FIND, LAYERS, LOCATIONS, PAGE, REMOVAL, TAGGING, VECTORS},
};
use crate::secrets::Seal;

const FILL: &str = "
    CREATE TEMP TABLE n AS SELECT i, 'sha256:' || lpad(to_hex(i * 7919), 64, '0') AS id FROM generate_series(1, 5000) i;
    INSERT INTO images SELECT 'default', id, i, '2024-01-01T00:00:00.000000000Z', 'linux', 'amd64', '', '{}' FROM n;
    INSERT INTO image_configs (namespace, id, content) SELECT 'default', id, '{}' FROM n;
    INSERT INTO tags (namespace, repository, tag, image_id, updated)
        SELECT 'default', 'docker.io/library/app' || i % 500, i, id, '2024-01-01T00:00:00.000000000Z' FROM n;
    INSERT INTO repo_digests (namespace, repository, digest, image_id, platform)
        SELECT 'default', 'docker.io/library/app' || i % 500, id, id, 'linux/amd64' FROM n;
    INSERT INTO manifests SELECT 'default', id, 'm', '{}' FROM n;
    INSERT INTO image_manifests SELECT 'default', id, id FROM n;
    INSERT INTO staged_images SELECT 'default', id, 'r' || i, id, '' FROM n;
    INSERT INTO staged_layers SELECT 'r' || i, id, 1, id, id, 'm', 1, 1, '' FROM n;
    INSERT INTO events SELECT i, 'default', '2024-01-01T00:00:00.000000000Z', 'tag', id, 'docker.io/library/app:' || i, '{}' FROM n;
    INSERT INTO manifest_notes SELECT 'r' || i, id, '2024' FROM n;
    UPDATE image_vectors SET embedder = 'e', dimensions = 1, indexed = revision;
    ANALYZE;";

/// As it is whatever the values are.
async fn plan(server: &Postgres, database: &str, statement: &str) -> String {
    let places: BTreeSet<&str> = statement.split('$').skip(1).map(|rest| &rest[..1]).collect();
    let nothing = match places.len() {
        0 => String::new(),
        count => format!("({})", vec!["NULL"; count].join(", ")),
    };
    let explain = format!(
        "SET plan_cache_mode = force_generic_plan; PREPARE asked AS {statement}; EXPLAIN EXECUTE asked{nothing}"
    );
    server.sql(database, &explain).await
}

#[tokio::test]
async fn among_many_images_no_table_is_read_from_end_to_end() {
    let server = Postgres::shared().await;
    let url = server.database().await;
    let database = url.rsplit_once('/').unwrap().1;
    let folder = tempfile::tempdir().unwrap();
    let sealer = Arc::new(Seal::in_data_dir(folder.path()).unwrap());
    let store = PostgresStore::connect(&PostgresSettings::new(url.clone().into()), sealer).await.unwrap();
    server.sql(database, FILL).await;
    let named = FIND.into_iter().chain([PAGE]).chain(TAGGING).chain(REMOVAL);
    let statements = named.chain(LAYERS).chain(LOCATIONS).chain(VECTORS).chain(EVENTS);
    // What counts all may look at all, and what drops the vectors of another embedder is asked for when it changes.
    let statements = statements
        .filter(|text| !text.starts_with("SELECT COUNT") && !text.starts_with("UPDATE image_vectors"));
    for statement in statements {
        let plan = plan(&server, database, statement).await;
        assert!(!plan.is_empty() && !plan.contains("Seq Scan"), "{statement}\n{plan}");
    }
    store.close().await;
}
