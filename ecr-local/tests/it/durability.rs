//! What was acknowledged is there after the process was killed at any point.

use std::{
    path::Path,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use fixtures::{
    images::{Image, sha256},
    process::{Process, until},
};
use reqwest::{Client, StatusCode};
use tokio_stream::wrappers::ReceiverStream;

use crate::stage::{Reply, blob_file, read};

/// After how many acknowledged pushes each process is killed, in the middle of the next one.
const KILLS: [usize; 8] = [1, 2, 3, 13, 5, 21, 8, 4];

/// The program, on a folder that outlives it.
struct Program {
    process: Process,
    base: String,
    http: Client,
}

impl Program {
    async fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, "power-cut").await
    }

    async fn start_with(data_dir: &Path, durability: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-local"));
        command.args(["--listen", "127.0.0.1:0", "--durability", durability]);
        command.arg("--data-dir").arg(data_dir).env("RUST_LOG", "info");
        let process = Process::start("ecr-local", "cargo build", &mut command);
        let line = process.line("listening on ").await;
        let address = line.rsplit(' ').next().unwrap().to_owned();
        let http = Client::builder().no_proxy().build().unwrap();
        Self { process, base: format!("http://{address}"), http }
    }

    async fn get(&self, path: &str) -> Reply {
        read(self.http.get(format!("{}{path}", self.base))).await
    }

    /// Pushes an image. An error if the process is gone.
    async fn push(&self, tag: &str, image: &Image) -> reqwest::Result<StatusCode> {
        for part in image.layers.iter().chain([&image.config]) {
            let path = format!("{}/v2/app/blobs/uploads/?digest={}", self.base, part.digest());
            self.http.post(path).body(part.bytes.clone()).send().await?;
        }
        let path = format!("{}/v2/app/manifests/{tag}", self.base);
        let put = self.http.put(path).header("content-type", &image.manifest.media_type);
        Ok(put.body(image.manifest.bytes.clone()).send().await?.status())
    }

    /// Every tag has its manifest, and every manifest its blobs.
    async fn assert_whole(&self, data_dir: &Path) {
        let list = self.get("/v2/app/tags/list").await.expect(200).json();
        for tag in list["tags"].as_array().unwrap() {
            let manifest =
                self.get(&format!("/v2/app/manifests/{}", tag.as_str().unwrap())).await.expect(200);
            let manifest = manifest.json();
            for part in manifest["layers"].as_array().unwrap().iter().chain([&manifest["config"]]) {
                let digest = part["digest"].as_str().unwrap();
                let content = self.get(&format!("/v2/app/blobs/{digest}")).await.expect(200).body;
                assert_eq!(sha256(&content), digest);
                assert!(blob_file(data_dir, digest).exists());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_being_killed() {
    assert_nothing_is_lost("power-cut", &KILLS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_being_killed_where_nothing_waits_for_the_disk() {
    assert_nothing_is_lost("crash", &KILLS[..4]).await;
}

async fn assert_nothing_is_lost(durability: &str, kills: &[usize]) {
    let dir = tempfile::tempdir().unwrap();
    let acknowledged = AtomicUsize::new(0);
    for kill in kills {
        let mut program = Program::start_with(dir.path(), durability).await;
        let first = acknowledged.load(Ordering::SeqCst);
        let pushing = async {
            for number in first.. {
                match program.push(&number.to_string(), &Image::oci(&number.to_string())).await {
                    Ok(status) => assert_eq!(status, 201),
                    Err(_) => return,
                }
                acknowledged.fetch_add(1, Ordering::SeqCst);
            }
        };
        let enough = until("enough pushes", async || {
            (acknowledged.load(Ordering::SeqCst) >= first + kill).then_some(())
        });
        tokio::select! {
            () = pushing => panic!("pushes failed before the process was killed"),
            () = enough => {}
        }
        program.process.kill();
        let again = Program::start_with(dir.path(), durability).await;
        for number in first..acknowledged.load(Ordering::SeqCst) {
            again.get(&format!("/v2/app/manifests/{number}")).await.expect(200);
        }
        again.assert_whole(dir.path()).await;
    }
}

#[tokio::test]
async fn an_upload_goes_on_where_the_killed_process_had_it() {
    let dir = tempfile::tempdir().unwrap();
    let content: Vec<u8> =
        (0..3 * 1024 * 1024_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let digest = sha256(&content);
    let mut program = Program::start(dir.path()).await;
    let begun = read(program.http.post(format!("{}/v2/app/blobs/uploads/", program.base))).await.expect(202);
    let location = begun.header("location").to_owned();
    let (sender, receiver) = tokio::sync::mpsc::channel::<std::io::Result<Vec<u8>>>(1);
    let body = reqwest::Body::wrap_stream(ReceiverStream::new(receiver));
    let patch = tokio::spawn(program.http.patch(format!("{}{location}", program.base)).body(body).send());
    sender.send(Ok(content[..2 * 1024 * 1024].to_vec())).await.unwrap();
    until("a part is written", async || {
        (program.get(&location).await.expect(204).header("range") != "0-0").then_some(())
    })
    .await;
    program.process.kill();
    assert!(patch.await.unwrap().is_err());

    let again = Program::start(dir.path()).await;
    let state = again.get(&location).await.expect(204);
    let last: usize = state.header("range").strip_prefix("0-").unwrap().parse().unwrap();
    assert!((1..2 * 1024 * 1024).contains(&last), "{last}");
    let range = format!("{}-{}", last + 1, content.len() - 1);
    let rest = again.http.patch(format!("{}{location}", again.base)).header("content-range", range);
    read(rest.body(content[last + 1..].to_vec())).await.expect(202);
    let put = again.http.put(format!("{}{location}?digest={digest}", again.base));
    read(put).await.expect(201);
    assert!(again.get(&format!("/v2/app/blobs/{digest}")).await.expect(200).body == content);
}

#[tokio::test]
async fn the_program_ends_cleanly_when_it_is_told_to() {
    let dir = tempfile::tempdir().unwrap();
    let mut program = Program::start(dir.path()).await;
    program.get("/v2/").await.expect(200);
    assert!(program.process.stop());
    assert!(!dir.path().join("state.sqlite-wal").exists());
}
