//! Ten thousand images: a search sees all of their vectors and holds none.

use std::fs;

use fixtures::system::System;
use imageservice_proto::v1::SearchRequest;

use super::world::{like_image, like_text, search};

const IMAGES: usize = 10_000;
/// Many, so that it shows when somebody holds them all.
const DIMENSIONS: usize = 2048;

/// Images by number, with one vector for all but the last, which has another.
fn fill(system: &System) {
    let database = rusqlite::Connection::open(system.data_dir().join("state.sqlite")).unwrap();
    let vector = |component: usize| {
        let mut components = vec![0.0_f32; DIMENSIONS];
        components[component] = 1.0;
        components.into_iter().flat_map(f32::to_le_bytes).collect::<Vec<u8>>()
    };
    let numbers = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {IMAGES}), \
         ids(id, i) AS (SELECT 'sha256:' || printf('%064x', i), i FROM n)"
    );
    let insert = |rest: &str| database.execute(&format!("INSERT INTO {rest}"), []).unwrap();
    database.execute_batch("PRAGMA foreign_keys = ON; BEGIN").unwrap();
    insert(&format!("images {numbers} SELECT 'default', id, 1, '', 'linux', 'amd64', '', '{{}}' FROM ids"));
    insert(&format!(
        "image_configs (namespace, id, content) {numbers} SELECT 'default', id, CAST('{{\"rootfs\":{{}}}}' AS BLOB) FROM ids"
    ));
    let update = "UPDATE image_vectors SET indexed = 1, embedder = ?1, dimensions = ?2, vector = ?3";
    let embedder = format!("hashing-1/{DIMENSIONS}");
    let changed = database.execute(update, (&embedder, DIMENSIONS as i64, vector(0))).unwrap();
    assert_eq!(changed, IMAGES, "each image has its row");
    let last = format!("sha256:{IMAGES:064x}");
    database.execute("UPDATE image_vectors SET vector = ?1 WHERE image_id = ?2", (vector(1), last)).unwrap();
    database.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
}

/// The most memory that a process ever had: kilobytes.
fn peak(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_among_ten_thousand_images_holds_no_vectors() {
    let mut system = System::with_config(&format!("[similarity]\ndimensions = {DIMENSIONS}\n")).await;
    assert!(system.stop_service());
    fill(&system);
    system.start_service();
    system.ready().await;
    let first = format!("sha256:{:064x}", 1);
    let before = peak(system.service().pid());
    let request = SearchRequest { limit: 100, ..like_image(&first) };
    let answer = search(&system, request).await.unwrap();
    assert_eq!((answer.images.len(), answer.not_indexed), (100, 0));
    assert_eq!(answer.images[0].id, format!("sha256:{:064x}", 2), "of one score the lower ID comes first");
    assert!(answer.images.iter().all(|image| image.similarity == 1.0));
    search(&system, like_text("anything")).await.unwrap();
    let grown = peak(system.service().pid()) - before;
    let all = IMAGES * DIMENSIONS * size_of::<f32>() / 1024;
    assert!(grown < all / 4, "the vectors have {all} kB, and the process grew by {grown} kB");
}
