//! ManifestService: referrers, and where AWS answers something else than it should.

use fixtures::{
    images::{Content, Image},
    registry::Reply,
};
use http::Method;
use imageservice_proto::ecr::v1::{
    GetImageConfigRequest, GetManifestRequest, ListImageReferrersRequest, ReferrerFilter,
};
use serde_json::{Value, json};

use super::{
    script,
    seeds::{APP, tag},
    suite,
    world::{World, reason},
};

fn manifest(image_id: imageservice_proto::ecr::v1::ImageIdentifier) -> GetManifestRequest {
    GetManifestRequest { repository_name: APP.into(), image_id: Some(image_id), ..Default::default() }
}

fn config(name: &str) -> GetImageConfigRequest {
    GetImageConfigRequest { repository_name: APP.into(), image_id: Some(tag(name)), ..Default::default() }
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
async fn what_refers_to_an_image_comes_by_pages_and_as_a_stream() {
    suite::lists_referrers(&World::local().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referrer_that_cannot_be_asked_for_is_refused_here() {
    let world = World::scripted("").await;
    let list = ListImageReferrersRequest {
        repository_name: APP.into(),
        subject_digest: "sha256:0".into(),
        ..Default::default()
    };
    let filter = ReferrerFilter { artifact_types: vec!["a/b".into(); 6], ..Default::default() };
    for wrong in [
        ListImageReferrersRequest { subject_digest: String::new(), ..list.clone() },
        ListImageReferrersRequest { page_size: -1, ..list.clone() },
        ListImageReferrersRequest { filter: Some(filter), ..list },
    ] {
        assert_eq!(reason(world.manifests().list_image_referrers(wrong).await), "INVALID_PARAMETER");
    }
    assert!(script::calls(world.script()).is_empty());
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
