//! Among many images no call reads a table from end to end. Postgres counts that itself: every statement is seen, with its triggers and foreign keys.

use std::sync::Arc;

use fixtures::process::until;
use image_service::ports::{EventSpan, EventStore, ImageStore, ListCursor};
use time::OffsetDateTime;

use super::{
    Stores, full, here,
    postgres::Fleet,
    pulls::{look, name, pull, upstream},
    removing::everything,
};

const FILL: &str = "
    CREATE TEMP TABLE n AS SELECT i, 'sha256:' || lpad(to_hex(i * 7919), 64, '0') AS id FROM generate_series(1, 5000) i;
    INSERT INTO images SELECT 'default', id, i, '2023-01-01T00:00:00.000000000Z', 'linux', 'amd64', '', '{}' FROM n;
    INSERT INTO image_configs (namespace, id, content) SELECT 'default', id, '{}' FROM n;
    INSERT INTO manifests SELECT 'default', id, 'm', '{}' FROM n;
    INSERT INTO image_manifests SELECT 'default', id, id FROM n;
    INSERT INTO tags (namespace, repository, tag, image_id, updated)
        SELECT 'default', 'registry.example/' || i, 'v1', id, '2024-01-01T00:00:00.000000000Z' FROM n;
    INSERT INTO repo_digests (namespace, repository, digest, image_id, platform)
        SELECT 'default', 'registry.example/' || i, id, id, 'linux/amd64' FROM n;
    INSERT INTO staged_images SELECT 'default', id, 'r' || i, id, '' FROM n;
    INSERT INTO staged_layers SELECT 'r' || i, id, 1, id, id, 'm', 1, 1, '' FROM n;
    INSERT INTO manifest_notes SELECT 'r' || i, id, '2024' FROM n;
    INSERT INTO events SELECT i, 'default', '2024-01-01T00:00:00.000000000Z', 'tag', id, 'docker.io/library/app:' || i, '{}' FROM n;
    UPDATE image_vectors SET embedder = 'builtin/3', dimensions = 1, indexed = revision;
    ANALYZE;
    SELECT pg_stat_reset();";

/// What a connection has counted is there for others when it has ended.
const CONNECTED: &str = "SELECT count(*) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
const READ_TO_THE_END: &str = "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE seq_scan > 0 AND relname IN ('images', \
     'image_configs', 'manifests', 'image_manifests', 'tags', 'repo_digests', 'staged_images', 'staged_layers', \
     'manifest_notes', 'image_vectors', 'events') ORDER BY relname";

async fn nobody_connected(fleet: &Fleet) {
    until("every connection has ended", async || (fleet.sql(CONNECTED).await == "0").then_some(())).await;
}

#[tokio::test]
async fn among_many_images_no_call_reads_a_table_from_end_to_end() {
    let fleet = Fleet::new().await;
    fleet.service().await.unwrap().close().await;
    fleet.sql(FILL).await;
    nobody_connected(&fleet).await;

    let store = Arc::new(fleet.service().await.unwrap());
    let stores = Stores::of(store.clone());
    let id = format!("sha256:{:064x}", 7919 * 500);
    for asked in ["registry.example/7:v1", &format!("registry.example/500@{id}"), &id, &id[7..19], "nothing"]
    {
        let _ = look(&*store, asked).await;
    }
    let page = ImageStore::list(&*store, &here(), None, 100).await.unwrap();
    let after = ListCursor { created: page[99].created, id: Some(page[99].id.clone()) };
    assert_eq!(ImageStore::list(&*store, &here(), Some(&after), 100).await.unwrap().len(), 100);
    let repository = "registry.example/7".parse().unwrap();
    assert!(store.pulled_tag(&here(), &repository, &"v1".parse().unwrap()).await.unwrap().is_some());
    assert_eq!(store.tags(&here(), &repository).await.unwrap().len(), 1);
    pull(&*store, "registry.example/7:v1", &upstream("moved")).await;
    store.remove(&here(), &name("registry.example/9:v1"), Box::new(everything)).await.unwrap();
    full::fill(&stores).await;
    full::change(&stores).await;
    let span = EventSpan { after: 3_000, ..EventSpan::default() };
    assert_eq!(store.events(&here(), &span, 100).await.unwrap().events.len(), 100);
    assert!(store.sweep_events(1_000, OffsetDateTime::UNIX_EPOCH).await.unwrap() > 0);
    store.close().await;

    nobody_connected(&fleet).await;
    assert_eq!(fleet.sql(READ_TO_THE_END).await, "");
}
