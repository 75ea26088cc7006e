//! `kill -9` of the service at many moments of a load: what was acknowledged is there, what is there is whole, and nothing else remains.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use fixtures::{
    peers::{Archive, Layer, Recipe},
    process::until,
    system::System,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use super::staged::assert_pullable;
use crate::client::send;

/// Moments while the body is sent, by its bytes.
const WHILE_SENDING: usize = 11;
/// Moments after its end, by the time that a load takes there.
const AFTER_THE_END: usize = 10;

/// An image of two layers that nothing else has, and that compress badly enough to take a while.
fn image(number: usize) -> Recipe {
    let mut state = number as u64 + 1;
    let mut noise = |bytes: usize| {
        let step = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..bytes).map(step).collect::<Vec<u8>>()
    };
    let mut recipe = Recipe::plain(&format!("crash {number}"));
    recipe.layers = vec![Layer::with_file("a", &noise(300_000)), Layer::with_file("b", &noise(200_000))];
    recipe
}

fn archive(number: usize) -> Vec<u8> {
    Archive::docker(&[(&image(number), &[&format!("crash:{number}")])]).tar()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_service_has_kept_what_it_acknowledged_and_shows_nothing_by_halves() {
    let mut system = System::start().await;
    let takes = after_the_end(&system).await;
    let mut acknowledged = vec![0];
    for number in 1..=WHILE_SENDING + AFTER_THE_END {
        let archive = archive(number);
        let load = match number.checked_sub(WHILE_SENDING + 1) {
            None => Load::begin(&system, &archive, archive.len() * (number - 1) / (WHILE_SENDING - 1)).await,
            Some(step) => {
                let load = Load::begin(&system, &archive, archive.len()).await;
                let step = u32::try_from(step).unwrap();
                tokio::time::sleep(takes * step / (u32::try_from(AFTER_THE_END).unwrap() - 2)).await;
                load
            }
        };
        system.kill_service();
        if load.acknowledged().await {
            acknowledged.push(number);
        }
        system.start_service();
        system.ready().await;
        assert_eq!(system.spooled(), 0, "crash {number}");
        let listed = names(&system).await;
        let lost: Vec<_> = acknowledged.iter().filter(|number| !listed.contains(number)).collect();
        assert!(lost.is_empty(), "crash {number}: lost {lost:?}, left {listed:?}");
        if listed.contains(&number) {
            assert_pullable(&system, &format!("crash:{number}")).await;
        }
    }
    for number in 1..=WHILE_SENDING + AFTER_THE_END {
        let answer = system.engine().load(archive(number)).await;
        assert_eq!(answer.results()[0], format!("Loaded image: crash:{number}"));
        assert_pullable(&system, &format!("crash:{number}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_in_the_staging_registry_is_swept() {
    let mut system = System::start().await;
    system.engine().load(archive(0)).await;
    let kept = files(&system.data_dir().join("registry/blobs"));
    let takes = after_the_end(&system).await;
    for (step, number) in (1..=6u32).zip(1..) {
        let archive = archive(number);
        let load = Load::begin(&system, &archive, archive.len()).await;
        tokio::time::sleep(takes * step / 7).await;
        system.kill_service();
        load.acknowledged().await;
        system.start_service();
        system.ready().await;
    }
    let listed = names(&system).await;
    for number in listed.iter().filter(|number| **number > 0) {
        system.engine().delete(&format!("/images/crash:{number}?force=1")).await;
    }
    system.configure("[staging]\nsweep_grace_seconds = 0\n");
    // One start takes manifests away, the next one what only they held.
    until("only what an image needs is left", async || {
        assert!(system.stop_service());
        system.start_service();
        system.ready().await;
        let left = ["blobs", "uploads"].map(|folder| files(&system.data_dir().join("registry").join(folder)));
        (left == [kept, 0]).then_some(())
    })
    .await;
    assert_pullable(&system, "crash:0").await;
}

/// A load whose client waits for the first result.
struct Load {
    stream: UnixStream,
    whole: bool,
}

impl Load {
    /// Sends the head of the request and so many bytes of the body.
    async fn begin(system: &System, archive: &[u8], bytes: usize) -> Self {
        let mut stream = UnixStream::connect(system.engine().socket()).await.unwrap();
        let length = format!("Content-Length: {}", archive.len());
        send(&mut stream, "POST /v1.41/images/load?quiet=1", &[&length, "Connection: close"], b"").await;
        stream.write_all(&archive[..bytes]).await.unwrap();
        Self { stream, whole: bytes == archive.len() }
    }

    /// Whether the answer holds a result. Half an archive has none; the answer to a whole one ends, one way or the other.
    async fn acknowledged(mut self) -> bool {
        let mut answer = Vec::new();
        if self.whole {
            self.stream.read_to_end(&mut answer).await.unwrap();
        }
        String::from_utf8_lossy(&answer).contains("Loaded image: ")
    }
}

/// How long an undisturbed load takes from the end of its body to its result.
async fn after_the_end(system: &System) -> Duration {
    let load = Load::begin(system, &archive(0), archive(0).len()).await;
    let begun = Instant::now();
    assert!(load.acknowledged().await);
    begun.elapsed()
}

/// Which of the images are listed.
async fn names(system: &System) -> Vec<usize> {
    let listed = system.engine().get("/images/json?all=1").await.json();
    let tags = listed.as_array().unwrap().iter().map(|image| image["RepoTags"][0].clone());
    tags.map(|tag| tag.as_str().unwrap().strip_prefix("crash:").unwrap().parse().unwrap()).collect()
}

/// How many files are below a folder.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| if entry.file_type().unwrap().is_dir() { files(&entry.path()) } else { 1 }).sum()
}
