//! Archives that other programs made, and ours in their hands.

use std::path::Path;

use bytes::Bytes;
use fixtures::{engine::Engine, peers::Dockerd, tool::Tool};
use http::{Method, Request};
use image_service::ports::Compression;
use serde_json::json;
use tempfile::TempDir;

use super::{
    legacy,
    save::{Stored, saved},
    world::{Recorder, Sample, diff_ids, names, read, read_into, read_one, zstd},
};

async fn skopeo(dir: &Path, from: &str, to: &str, options: &[&str]) {
    let tool = Tool::new("skopeo").dir(dir).args(["--insecure-policy", "copy"]).args(options);
    tool.args([from, to]).run().await.ok();
}

#[tokio::test]
async fn archives_of_skopeo_are_read() {
    let sample = Sample::new(&["same", "other", "same"]);
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("in.tar"), sample.archive(&["in:1"])).unwrap();
    skopeo(dir.path(), "docker-archive:in.tar", "docker-archive:docker.tar:docker.io/library/x:1", &[]).await;
    skopeo(dir.path(), "docker-archive:in.tar", "docker-archive:unnamed.tar", &[]).await;
    for (file, expected) in [("docker.tar", vec!["docker.io/library/x:1"]), ("unnamed.tar", vec![])] {
        let image = read_one(std::fs::read(dir.path().join(file)).unwrap());
        assert_eq!(image.id.to_string(), sample.id());
        assert_eq!(
            (diff_ids(&image), names(&image)),
            (sample.diff_ids(), expected.into_iter().map(String::from).collect())
        );
    }
    let oci = "oci-archive:oci.tar:ghcr.io/x/y:2";
    for (options, compression) in [
        (vec![], Compression::Gzip),
        (vec!["--dest-compress", "--dest-compress-format=zstd"], Compression::Zstd),
    ] {
        let _ = std::fs::remove_file(dir.path().join("oci.tar"));
        skopeo(dir.path(), "docker-archive:in.tar", oci, &options).await;
        let image = read_one(std::fs::read(dir.path().join("oci.tar")).unwrap());
        assert_eq!((diff_ids(&image), names(&image)), (sample.diff_ids(), vec!["ghcr.io/x/y:2".to_owned()]));
        assert_eq!(image.layers[0].compression, compression);
        assert!(image.manifest.is_some());
    }
}

async fn load(engine: &Engine, archive: Vec<u8>) -> String {
    let request = Request::builder().method(Method::POST).uri("/v1.41/images/load?quiet=1");
    let answer = engine.send(request.body(Bytes::from(archive)).unwrap()).await;
    assert!(answer.status.is_success() && !answer.text().contains("errorDetail"), "{}", answer.text());
    answer.text()
}

async fn id(engine: &Engine, name: &str) -> String {
    engine.get(&format!("/v1.41/images/{name}/json")).await.json()["Id"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// One engine for all, as it takes a while to come up.
#[tokio::test]
async fn an_engine_and_we_take_each_others_archives_for_the_same_images() {
    let engine = Dockerd::start().await;
    let engine = engine.engine();

    let (one, two) = (Sample::new(&["same", "one", "same"]), Sample::new(&["same", "two"]));
    load(engine, one.archive(&["one:1", "one:2"])).await;
    load(engine, two.archive(&["two:1"])).await;
    let answer = engine.get("/v1.41/images/get?names=one:1&names=one:2&names=two:1").await;
    let mut recorder = Recorder::default();
    let mut images = read_into(zstd(&answer.body), &mut recorder).unwrap();
    images.sort_by_key(|image| image.layers.len());
    assert_eq!(images.iter().map(|image| image.id.to_string()).collect::<Vec<_>>(), [two.id(), one.id()]);
    assert_eq!(diff_ids(&images[1]), one.diff_ids());
    assert_eq!(names(&images[1]), ["docker.io/library/one:1", "docker.io/library/one:2"]);
    let answer = engine.get(&format!("/v1.41/images/{}/get", one.id())).await;
    assert!(read_one(&answer.body).names.is_empty());

    let three = Sample::new(&["same", "three"]);
    let archive =
        saved(&[Stored::new(&three, &["three:1"]), Stored::new(&Sample::new(&["four"]), &["four:1"])]);
    let lines = load(engine, archive).await;
    assert!(lines.contains("Loaded image: three:1") && lines.contains("Loaded image: four:1"), "{lines}");
    assert_eq!(id(engine, "three:1").await, three.id());

    let old = legacy::two_layers(&json!({"old": {"1": "upper"}, "base": {"1": "lower"}}));
    load(engine, old.clone()).await;
    for image in read(&old).unwrap() {
        let name = image.names[0].familiar();
        assert_eq!(
            id(engine, &name).await,
            image.id.to_string(),
            "{}",
            String::from_utf8_lossy(&image.config)
        );
    }
}
