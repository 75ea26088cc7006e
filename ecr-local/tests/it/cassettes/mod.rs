//! Recording what a server answers, answering without it, and asking it again.

mod programs;
mod recording;
mod replaying;

use std::path::PathBuf;

use ecr_local::{
    Builder, Quirk,
    cassette::{self, Mode, Serving},
};
use fixtures::images::Image;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    control::caller::SERVICE,
    stage::{Reply, Stage, read},
};

const LOCAL: &str = "127.0.0.1:0";

/// A registry, and a recorder in front of it.
struct Studio {
    stage: Stage,
    recorder: Serving,
    dir: TempDir,
}

impl Studio {
    async fn start(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let (stage, dir) = (Stage::with(settings).await, tempfile::tempdir().unwrap());
        let upstream = format!("http://{}", stage.host());
        let recorder = cassette::record(&upstream, &dir.path().join("tape"), LOCAL).await.unwrap();
        Self { stage, recorder, dir }
    }

    fn tape(&self) -> PathBuf {
        self.dir.path().join("tape")
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        to(&self.recorder, method, path)
    }

    async fn replay(&self, mode: Mode) -> Serving {
        cassette::replay(&self.tape(), mode, LOCAL).await.unwrap()
    }

    async fn differences(&self, stage: &Stage) -> Vec<String> {
        let against = format!("http://{}", stage.host());
        cassette::compare(&self.tape(), &against, &[]).await.unwrap().differences
    }

    /// Everything that was written, bodies included.
    fn written(&self) -> String {
        let mut files = vec![self.tape()];
        files.extend(
            std::fs::read_dir(self.dir.path().join("tape.bodies"))
                .unwrap()
                .map(|entry| entry.unwrap().path()),
        );
        files.iter().map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()).collect()
    }
}

fn to(server: &Serving, method: &str, path: &str) -> RequestBuilder {
    let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    client.request(method.parse().unwrap(), format!("http://{}{path}", server.address()))
}

async fn call(server: &Serving, operation: &str, input: Value) -> Reply {
    let request = to(server, "POST", "/").header("x-amz-target", format!("{SERVICE}.{operation}"));
    read(request.header("content-type", "application/x-amz-json-1.1").body(input.to_string())).await
}

/// Uploads by parts, a manifest, and some calls.
async fn session(server: &Serving, image: &Image) {
    call(server, "CreateRepository", json!({ "repositoryName": "app" })).await.expect(200);
    for part in image.layers.iter().chain([&image.config]) {
        let begun = read(to(server, "POST", "/v2/app/blobs/uploads/")).await.expect(202);
        let location = begun.header("location").to_owned();
        read(to(server, "PATCH", &location).body(part.bytes.clone())).await.expect(202);
        read(to(server, "PUT", &format!("{location}?digest={}", part.digest()))).await.expect(201);
    }
    let put = to(server, "PUT", "/v2/app/manifests/v1").header("content-type", &image.manifest.media_type);
    read(put.body(image.manifest.bytes.clone())).await.expect(201);
    call(server, "DescribeImages", json!({ "repositoryName": "app" })).await.expect(200);
    call(server, "DescribeImages", json!({ "repositoryName": "none" })).await.expect(400);
    let head = read(to(server, "HEAD", "/v2/app/manifests/v1")).await.expect(200);
    assert_eq!(head.header("content-length"), image.manifest.bytes.len().to_string());
    for part in image.layers.iter().chain([&image.config]) {
        let blob = format!("/v2/app/blobs/{}", part.digest());
        assert_eq!(read(to(server, "GET", &blob)).await.expect(200).body, part.bytes);
    }
}

#[tokio::test]
async fn the_same_answers_do_not_differ_and_others_are_told_by_their_place() {
    let studio = Studio::start(|builder| builder).await;
    let image = Image::oci("one");
    session(&studio.recorder, &image).await;
    let same = Stage::start().await;
    assert_eq!(studio.differences(&same).await, Vec::<String>::new());
    let other = Stage::with(|builder| builder.quirk(Quirk::PatchCreated)).await;
    other
        .done("CreateRepository", json!({ "repositoryName": "app", "imageTagMutability": "IMMUTABLE" }))
        .await;
    let differences = studio.differences(&other).await;
    assert_eq!(differences[0], "CreateRepository: status was 200, is 400");
    assert!(differences.contains(
        &"CreateRepository: x-amzn-errortype was nothing, is RepositoryAlreadyExistsException".to_owned()
    ));
    assert!(
        differences.iter().any(|line| line.starts_with("PATCH ") && line.ends_with("status was 202, is 201"))
    );
    assert!(!differences.iter().any(|line| line.starts_with("DescribeImages: image")), "{differences:?}");
}
