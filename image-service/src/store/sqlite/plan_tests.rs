use std::sync::Arc;

use sqlx::AssertSqlSafe;

use super::{
    Pool, SqliteStore, open,
    portable::{EVENTS, FIND, LAYERS, LOCATIONS, PAGE, REMOVAL, SCAN, TAGGING, VECTORS},
};
use crate::secrets::Seal;

const FILL: [&str; 6] = [
    "CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
     SELECT i, 'sha256:' || printf('%064x', i * 7919) AS id FROM n",
    "INSERT INTO images SELECT 'default', id, i, '2024-01-01T00:00:00.000000000Z', 'linux', 'amd64', '', '{}' FROM n",
    "INSERT INTO image_configs (namespace, id, content) SELECT 'default', id, x'7b7d' FROM n",
    "INSERT INTO tags (namespace, repository, tag, image_id, updated) \
     SELECT 'default', 'docker.io/library/app', i, id, '2024-01-01T00:00:00.000000000Z' FROM n",
    "INSERT INTO repo_digests (namespace, repository, digest, image_id, platform) \
     SELECT 'default', 'docker.io/library/app', id, id, 'linux/amd64' FROM n",
    "INSERT INTO events SELECT i, 'default', '2024-01-01T00:00:00.000000000Z', 'tag', id, 'docker.io/library/app:' || i, '{}' FROM n",
];

async fn plan(pool: &Pool, statement: &str) -> Vec<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let query = sqlx::query_as(explain).bind("default").bind("sha256:ab").bind("sha256:ac").bind(100);
    let rows: Vec<(i64, i64, i64, String)> = query.fetch_all(pool).await.unwrap();
    rows.into_iter().map(|(_, _, _, step)| step).collect()
}

async fn assert_that_everything_is_searched(pool: &Pool) {
    for statement in FIND.into_iter().chain([PAGE]).chain(TAGGING).chain(REMOVAL) {
        let plan = plan(pool, statement).await;
        // What is named so has two rows at most.
        let mut long = plan.iter().filter(|step| *step != "SCAN beginning_alike");
        let slow = long.any(|step| {
            step.starts_with("SCAN") || step.contains("TEMP B-TREE") || step.ends_with("(namespace=?)")
        });
        assert!(!plan.is_empty() && !slow, "{statement}\n{plan:#?}");
    }
    // What one image has is little enough to be sorted.
    for statement in LAYERS.into_iter().chain(LOCATIONS).chain(VECTORS) {
        let plan = plan(pool, statement).await;
        let slow = plan.iter().any(|step| step.starts_with("SCAN"));
        assert!(!plan.is_empty() && !slow, "{statement}\n{plan:#?}");
    }
    for statement in EVENTS {
        let plan = plan(pool, statement).await;
        let slow = plan.iter().any(|step| step.starts_with("SCAN events") || step.ends_with("(namespace=?)"));
        assert!(!plan.is_empty() && !slow, "{statement}\n{plan:#?}");
    }
    // An exact search looks at everything, but holds nothing.
    let plan = plan(pool, SCAN).await;
    assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:#?}");
}

/// With the statistics that a migration writes, and with those that somebody may have gathered.
#[tokio::test]
async fn among_a_hundred_thousand_images_nothing_is_scanned_or_sorted() {
    let folder = tempfile::tempdir().unwrap();
    let sealer = Arc::new(Seal::in_data_dir(folder.path()).unwrap());
    let store = SqliteStore::open(folder.path(), sealer).await.unwrap();
    let pool =
        open::pool(1, std::time::Duration::from_secs(5), open::options(&folder.path().join("state.sqlite")))
            .await
            .unwrap();
    assert_that_everything_is_searched(&pool).await;
    let mut filling = pool.begin().await.unwrap();
    for statement in FILL {
        sqlx::query(statement).execute(&mut *filling).await.unwrap();
    }
    filling.commit().await.unwrap();
    assert_that_everything_is_searched(&pool).await;
    sqlx::query("ANALYZE").execute(&pool).await.unwrap();
    pool.close().await;
    let pool =
        open::pool(1, std::time::Duration::from_secs(5), open::options(&folder.path().join("state.sqlite")))
            .await
            .unwrap();
    assert_that_everything_is_searched(&pool).await;
    pool.close().await;
    store.close().await;
}
