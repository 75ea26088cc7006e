//! Listings that are longer than any memory should be: read from the store as fast as the client takes them, and no further.

use std::{io::Write as _, path::Path};

use fixtures::{
    peers::{Recipe, digest},
    process::until,
    scraped::Scraped,
    system::{System, binary},
    tool::Tool,
};
use serde_json::{Value, json};
use tokio::net::UnixStream;

use crate::client::{read_until, send};

const COUNTING: &str = "[telemetry]\nprometheus = '127.0.0.1:0'\n";
const IMAGES: usize = 2000;
/// Of 100 images each, and one more, which finds out that there is nothing left.
const PAGES: f64 = 21.0;
/// A listing has 32 MiB then, many times what all that lies between the store and the client may hold.
const LABEL: usize = 16 << 10;

/// Images that a state begins with.
async fn filled() -> System {
    let mut system = System::with_config(COUNTING).await;
    system.stop_service();
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("state.zst");
    write(&document);
    let (data_dir, document) = (system.data_dir(), document.to_str().unwrap().to_owned());
    let import = Tool::new(binary("image-service")).args(["db", "import", &document, "--data-dir"]);
    import.arg(&data_dir).run().await.ok();
    system.start_service();
    system.ready().await;
    until("no listing goes on", async || {
        let (ended, read) = listed(&mut system).await;
        (ended > 0.0 && read == ended * PAGES).then_some(())
    })
    .await;
    system
}

fn write(document: &Path) {
    let mut images: Vec<_> = (0..IMAGES).map(|number| Recipe::plain(&number.to_string())).collect();
    images
        .iter_mut()
        .for_each(|image| image.config["config"]["Labels"] = json!({ "long": "x".repeat(LABEL) }));
    images.sort_by_key(Recipe::image_id);
    let header = json!({ "format": "image-service", "version": 1, "store": "long", "credentials": true });
    let mut lines = format!("{}\n", json!({ "header": header }));
    for image in &images {
        let config = String::from_utf8(image.config_bytes()).unwrap();
        let record: Value = json!({ "namespace": "default", "id": image.image_id(), "config": config,
            "layer_sizes": [1], "last_tagged": null });
        lines += &format!("{}\n", json!({ "image": record }));
    }
    let end = json!({ "end": { "lines": IMAGES + 1, "digest": digest(lines.as_bytes()) } });
    let mut to = zstd::Encoder::new(std::fs::File::create(document).unwrap(), 1).unwrap();
    to.write_all(format!("{lines}{end}\n").as_bytes()).unwrap();
    to.finish().unwrap();
}

/// Listings that have ended, and pages that were read for them and for others.
async fn listed(system: &mut System) -> (f64, f64) {
    let page = Scraped::of(system.service()).await;
    let ended = page.sum("rpc_server_duration_seconds_count", &["rpc_method=\"List\""]);
    (ended, page.sum("db_client_operation_duration_seconds_count", &["db_operation_name=\"list\""]))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_a_long_listing_leaves_most_of_the_store_unread() {
    let mut system = filled().await;
    let (ended, before) = listed(&mut system).await;
    let mut stream = UnixStream::connect(system.engine().socket()).await.unwrap();
    send(&mut stream, "GET /v1.41/images/json", &[], b"").await;
    read_until(&mut stream, "\"Containers\"").await;
    drop(stream);
    let read = until("the listing has ended", async || {
        let (now_ended, read) = listed(&mut system).await;
        (now_ended > ended).then_some(read - before)
    })
    .await;
    assert!(read > 0.0 && read < PAGES / 2.0, "{read} pages of {PAGES} were read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_listing_comes_whole_in_as_few_reads_as_it_has_pages() {
    let mut system = filled().await;
    let (_, before) = listed(&mut system).await;
    let images = system.engine().get("/v1.41/images/json").await.json();
    assert_eq!(images.as_array().unwrap().len(), IMAGES);
    let (_, read) = listed(&mut system).await;
    assert_eq!(read - before, PAGES);
}
