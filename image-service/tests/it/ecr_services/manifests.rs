//! ManifestService.

use fixtures::{
    images::{self, Content, Image, ImageBuilder},
    registry::Reply,
};
use http::Method;
use imageservice_proto::ecr::v1::{
    GetImageConfigRequest, GetLayersRequest, GetManifestListRequest, GetManifestRequest,
};
use serde_json::{Value, json};

use super::{
    script,
    seeds::{self, APP, digest, tag},
    world::{World, reason},
};

fn manifest(image_id: imageservice_proto::ecr::v1::ImageIdentifier) -> GetManifestRequest {
    GetManifestRequest { repository_name: APP.into(), image_id: Some(image_id), ..Default::default() }
}

fn list(name: &str) -> GetManifestListRequest {
    GetManifestListRequest { repository_name: APP.into(), image_id: Some(tag(name)), ..Default::default() }
}

fn config(name: &str) -> GetImageConfigRequest {
    GetImageConfigRequest { repository_name: APP.into(), image_id: Some(tag(name)), ..Default::default() }
}

fn layers(name: &str) -> GetLayersRequest {
    GetLayersRequest { repository_name: APP.into(), image_id: Some(tag(name)), ..Default::default() }
}

/// What BatchGetImage answers for a manifest.
fn found(manifest: &Content) -> Value {
    json!({ "images": [{
        "imageId": { "imageDigest": manifest.digest() },
        "imageManifest": std::str::from_utf8(&manifest.bytes).unwrap(),
        "imageManifestMediaType": manifest.media_type,
    }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_no_list_and_a_list_is_no_image() {
    let world = World::local().await;
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    let child = Image::for_platform("child", "linux/arm64/v8");
    seeds::push(&sdk, APP, &child, &["one"]).await;
    let index = images::index(images::OCI_INDEX, &[child.manifest.entry("linux/arm64/v8")]);
    seeds::put(&sdk, APP, &index, &["all"]).await;
    let mut manifests = world.manifests();
    assert_eq!(reason(manifests.get_manifest_list(list("one")).await), "NOT_A_MANIFEST_LIST");
    assert_eq!(reason(manifests.get_manifest(manifest(tag("all"))).await), "IS_A_MANIFEST_LIST");
    assert_eq!(reason(manifests.get_image_config(config("all")).await), "IS_A_MANIFEST_LIST");
    assert_eq!(reason(manifests.get_layers(layers("all")).await), "IS_A_MANIFEST_LIST");

    let list = manifests.get_manifest_list(list("all")).await.unwrap().into_inner();
    assert_eq!(list.image_digest, index.digest());
    assert_eq!(list.media_type, images::OCI_INDEX);
    let entry = &list.manifests[0];
    assert_eq!(entry.digest, child.manifest.digest());
    let platform = entry.platform.as_ref().unwrap();
    let platform = [&platform.os, &platform.architecture, &platform.variant];
    assert_eq!(platform, ["linux", "arm64", "v8"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_can_be_read_in_two_ways_is_refused() {
    let world = World::scripted("").await;
    let both = Image::oci("app").with_manifest(|manifest| manifest["manifests"] = json!([])).manifest;
    script::next(world.script(), &found(&both));
    assert_eq!(reason(world.manifests().get_manifest(manifest(tag("v1"))).await), "MANIFEST_INVALID");
    script::next(world.script(), &found(&both));
    assert_eq!(reason(world.manifests().get_image_config(config("v1")).await), "MANIFEST_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_that_is_not_what_the_manifest_says_is_not_passed_on() {
    let world = World::scripted("").await;
    let image = Image::oci("app");
    let size = image.config.bytes.len();
    let other = vec![b'x'; size];
    let long = vec![b'x'; size + 1];
    for (reply, expected) in [
        (Reply::body(200, other), "CONTENT_MISMATCH"),
        (Reply::body(200, long), "CONTENT_MISMATCH"),
        (Reply::chunked(vec![b'x'; 64 * 1024], 1000), "CONTENT_MISMATCH"),
        (Reply::torn(u64::try_from(size).unwrap(), &b"{"[..]), "UNREACHABLE"),
        (Reply::redirect(307, "http://127.0.0.1:1/"), "ACCESS_DENIED"),
        (Reply::body(403, "expired"), "ACCESS_DENIED"),
        (Reply::body(503, "later"), "SERVICE_UNAVAILABLE"),
    ] {
        script::next(world.script(), &found(&image.manifest));
        script::next(
            world.script(),
            &json!({ "downloadUrl": world.script().url("/layer?signature=s3cret") }),
        );
        world.script().next(Method::GET, "/layer", reply);
        let answer = world.manifests().get_image_config(config("v1")).await;
        assert!(!answer.as_ref().unwrap_err().message().contains("s3cret"));
        assert_eq!(reason(answer), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_leads_to_a_metadata_service_is_not_followed() {
    let world = World::scripted("").await;
    for url in ["http://169.254.169.254/latest", "ftp://127.0.0.1/layer", "no url"] {
        script::next(world.script(), &found(&Image::oci("app").manifest));
        script::next(world.script(), &json!({ "downloadUrl": url }));
        assert_eq!(reason(world.manifests().get_image_config(config("v1")).await), "ANSWER_INVALID");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_that_is_said_to_be_too_large_is_not_fetched() {
    let world = World::scripted("").await;
    let image =
        Image::oci("app").with_manifest(|manifest| manifest["config"]["size"] = json!(9 * 1024 * 1024));
    script::next(world.script(), &found(&image.manifest));
    assert_eq!(reason(world.manifests().get_image_config(config("v1")).await), "CONTENT_TOO_LARGE");
    assert_eq!(script::operations(world.script()), ["BatchGetImage"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_is_downloaded_without_credentials() {
    let world = World::scripted("").await;
    let image = Image::oci("app");
    script::next(world.script(), &found(&image.manifest));
    script::next(world.script(), &json!({ "downloadUrl": world.script().url("/layer") }));
    world.script().next(Method::GET, "/layer", Reply::body(200, image.config.bytes.clone()));
    world.manifests().get_image_config(config("v1")).await.unwrap();
    let download = world.script().requests().into_iter().find(|request| request.path == "/layer").unwrap();
    assert_eq!(download.authorization(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn manifest_config_and_layers_are_what_was_pushed() {
    let world = World::local().await;
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    let image = ImageBuilder::new("app").layers(["one", "longer"]).build();
    let pushed = seeds::push(&sdk, APP, &image, &["v1"]).await;
    let mut manifests = world.manifests();
    let read = manifests.get_manifest(manifest(digest(&pushed))).await.unwrap().into_inner();
    assert_eq!(read.image_digest, pushed);
    assert_eq!(read.schema_version, 2);
    assert_eq!(read.media_type, image.manifest.media_type);
    assert_eq!(read.config.unwrap().digest, image.id());
    let digests: Vec<_> = read.layers.iter().map(|layer| layer.digest.clone()).collect();
    assert_eq!(digests, image.layers.iter().map(Content::digest).collect::<Vec<_>>());

    let layers = manifests.get_layers(layers("v1")).await.unwrap().into_inner();
    assert_eq!(layers.image_digest, pushed);
    assert_eq!(layers.total_size, 9);

    let config = manifests.get_image_config(config("v1")).await.unwrap().into_inner();
    assert_eq!(config.content, image.config.bytes);
    assert_eq!(config.digest, image.id());
    assert_eq!(config.platform.unwrap().architecture, "amd64");
}
