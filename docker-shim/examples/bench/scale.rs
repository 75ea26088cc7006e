//! How look-ups and listings grow with the store, on each engine: the same requests on a store with 100 images and on a full one, in turns. The
//! stores are filled by `image-service db import`.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use fixtures::{
    peers::Postgres,
    system::{System, binary},
};
use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    list,
    load::{self, Sample, Target},
    process, report,
    state::{Numbered, TAGS, repository},
};

/// Images in the small store.
const FEW: u32 = 100;

/// Connections during a measurement: one shows how long a look-up takes, many how much work it is.
const CONNECTIONS: [u32; 2] = [1, 16];

/// A document, and what is in it.
struct Content {
    path: std::path::PathBuf,
    short_ids: Arc<Vec<String>>,
    count: u32,
}

/// A service on a store that was filled from a document.
struct Filled {
    system: System,
    config: String,
    took: Duration,
    bytes: u64,
    _keys: TempDir,
}

/// Fills two stores on each engine, then measures both.
pub(crate) async fn compare(turn: Duration, rounds: u32, many: u32) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let [few, many] = [("few", FEW), ("many", many)].map(|(name, count)| content(&dir, name, count));
    let server = Postgres::shared().await;
    for engine in ["SQLite", "Postgres"] {
        let is_shared = engine == "Postgres";
        let mut small = fill(&few, is_shared.then_some(&server)).await;
        let mut full = fill(&many, is_shared.then_some(&server)).await;
        tell_of_filling(engine, &full, many.count);
        tell_of_pages(&mut small, &mut full).await;
        look_up(engine, turn, rounds, (&many, full.system), (&few, small.system)).await;
    }
}

fn content(dir: &TempDir, name: &str, count: u32) -> Content {
    let path = dir.path().join(name);
    let short_ids = Arc::new(Numbered::write(&path, count).short_ids());
    Content { path, short_ids, count }
}

/// A service makes its state, which is then filled while the service is down.
async fn fill(content: &Content, server: Option<&Arc<Postgres>>) -> Filled {
    let keys = tempfile::tempdir().expect("a temporary folder");
    let url = match server {
        Some(server) => Some(server.database().await),
        None => None,
    };
    let config = url.as_deref().map(|url| config(keys.path(), url)).unwrap_or_default();
    let mut system = System::with_config(&config).await;
    system.stop_service();
    let start = Instant::now();
    let data_dir = system.data_dir();
    let mut import = Command::new(binary("image-service"));
    import.args(["db", "import"]).arg(&content.path).arg("--data-dir").arg(&data_dir);
    import.arg("--config").arg(data_dir.with_file_name("config.toml"));
    assert!(import.status().await.expect("our own program").success(), "the import works");
    let took = start.elapsed();
    let bytes = match (server, &url) {
        (Some(server), Some(url)) => {
            let database = url.rsplit_once('/').expect("a URL with a database").1;
            let size = server.sql(database, "SELECT pg_database_size(current_database())").await;
            size.parse().expect("a number of bytes")
        }
        _ => fs::metadata(data_dir.join("state.sqlite")).expect("a database").len(),
    };
    system.start_service();
    system.ready().await;
    Filled { system, config, took, bytes, _keys: keys }
}

fn config(keys: &Path, url: &str) -> String {
    let key = keys.join("key");
    fs::write(&key, [7; 32]).expect("a temporary file");
    fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("the file is ours");
    format!("[database]\nurl = {url:?}\n[credentials]\nkey_file = {:?}\n", key.display())
}

fn tell_of_filling(engine: &str, full: &Filled, count: u32) {
    let (took, images) = (full.took, f64::from(count));
    println!(
        "\n{engine}: {count} images with {} tags each imported in {took:.1?}: {:.0}/s; {:.0} bytes for each image",
        TAGS.len(),
        images / took.as_secs_f64(),
        full.bytes as f64 / images
    );
}

/// By services that count, which those whose look-ups are measured do not.
async fn tell_of_pages(small: &mut Filled, full: &mut Filled) {
    let [of_few, of_many] = [counted_page(small).await, counted_page(full).await];
    println!("  a list's page of 100 in the database: {of_many:.1?}, of few {of_few:.1?}");
}

async fn counted_page(filled: &mut Filled) -> Duration {
    let Filled { system, config, .. } = filled;
    restart(system, &format!("{config}[telemetry]\nprometheus = \"127.0.0.1:0\"\n")).await;
    let page = list::database_time(system).await;
    restart(system, config).await;
    page
}

async fn restart(system: &mut System, config: &str) {
    system.stop_service();
    system.configure(config);
    system.start_service();
    system.ready().await;
}

async fn look_up(
    engine: &str,
    turn: Duration,
    rounds: u32,
    (many, mut full): (&Content, System),
    (few, mut small): (&Content, System),
) {
    let (few_first, _) = list::pages(&small, rounds).await;
    let (first, further) = list::pages(&full, rounds).await;
    println!("  a list's first 100: {first:.1?}, of few {few_first:.1?}; each further 100: {further:.1?}");
    tell_of_whole(&mut full).await;
    let title = format!("{engine}: look-ups at random, {} images beside {}", many.count, few.count);
    report::heading(&title, "many", "few");
    let (full, small) = (target(&mut full), target(&mut small));
    for connections in CONNECTIONS {
        let (mut left, mut right) = (Sample::default(), Sample::default());
        let (mut left_id, mut right_id) = (Sample::default(), Sample::default());
        for _ in 0..rounds {
            left.add(load::run(&full, connections, turn, by_name(many)).await);
            right.add(load::run(&small, connections, turn, by_name(few)).await);
            left_id.add(load::run(&full, connections, turn, by_id(many)).await);
            right_id.add(load::run(&small, connections, turn, by_id(few)).await);
        }
        report::row(&format!("by name, {connections}"), &mut left, &mut right);
        report::row(&format!("by short ID, {connections}"), &mut left_id, &mut right_id);
    }
    process::print_memory(&[
        ("image-service after the load", full.pids[0]),
        ("docker-shim after the load", full.pids[1]),
    ]);
}

/// All images, and none of all images: every page is read for both.
async fn tell_of_whole(full: &mut System) {
    let target = target(full);
    let (all, bytes) = list::whole(&target.socket, "").await;
    let (none, _) = list::whole(&target.socket, "%7B%22label%22%3A%5B%22nowhere%22%5D%7D").await;
    let [service, shim] = [target.pids[0], target.pids[1]].map(process::peak);
    println!(
        "  the whole list: {all:.1?}, {} MiB; with a filter that admits none: {none:.1?}; \
         most memory so far: {service:.1} MiB in image-service, {shim:.1} MiB in docker-shim",
        bytes >> 20
    );
}

fn by_name(content: &Content) -> impl Fn(u64) -> String + Clone + Send + 'static {
    let count = u64::from(content.count);
    move |number| {
        let tag = TAGS[(number % TAGS.len() as u64) as usize];
        format!("/v1.41/images/{}:{tag}/json", repository(number % count))
    }
}

fn by_id(content: &Content) -> impl Fn(u64) -> String + Clone + Send + 'static {
    let ids = Arc::clone(&content.short_ids);
    move |number| format!("/v1.41/images/{}/json", ids[(number % ids.len() as u64) as usize])
}

fn target(system: &mut System) -> Target {
    let pids = vec![system.service().pid(), system.shim().pid()];
    Target { socket: system.engine().socket().to_owned(), pids }
}
