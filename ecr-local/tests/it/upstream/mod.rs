//! Images that come from upstream when they are pulled.

mod access;
mod clients;
mod images;

use ecr_local::Builder;
use fixtures::{images::Image, process::until};
use serde_json::{Value, json};

use crate::stage::Stage;

/// A manifest there.
const MANIFEST: &str = "/v2/team/app/manifests/v1";

/// A registry that finds Quay at an address, with a rule for it.
async fn before(address: &str, settings: impl FnOnce(Builder) -> Builder) -> Stage {
    let stage = Stage::with(|builder| settings(builder.upstream_endpoint("quay.io", address))).await;
    rule(&stage, "quay.io", Value::Null).await;
    stage
}

async fn rule(stage: &Stage, url: &str, credential: Value) {
    let rule = json!({"ecrRepositoryPrefix": "up", "upstreamRegistryUrl": url, "credentialArn": credential});
    stage.done("CreatePullThroughCacheRule", rule).await;
}

/// Waits until an image is recorded.
async fn recorded(stage: &Stage, tag: &str) -> Value {
    let input = json!({"repositoryName": "up/team/app", "imageIds": [{"imageTag": tag}]});
    until("the image is recorded", async || {
        let reply = stage.call("DescribeImages", input.clone()).await;
        (reply.status == 200).then(|| reply.json()["imageDetails"][0].clone())
    })
    .await
}

async fn pull(stage: &Stage, image: &Image, tag: &str) {
    let pulled = stage.get(&format!("/v2/up/team/app/manifests/{tag}")).await.expect(200);
    assert_eq!(pulled.body, image.manifest.bytes);
    assert_eq!(pulled.header("content-type"), image.manifest.media_type);
    assert_eq!(pulled.header("docker-content-digest"), image.manifest.digest());
    for part in image.layers.iter().chain([&image.config]) {
        let blob = stage.get(&format!("/v2/up/team/app/blobs/{}", part.digest())).await.expect(200);
        assert_eq!(blob.body, part.bytes);
    }
}
