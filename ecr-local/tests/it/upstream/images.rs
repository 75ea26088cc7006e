//! What comes, when, and what is kept of it.

use std::time::Duration;

use ecr_local::Clock;
use fixtures::{
    images::{Content, Image, OCI_INDEX, index},
    process::until,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use serde_json::json;

use super::{MANIFEST, before, pull, recorded};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn what_upstream_does_not_give_is_told_and_leaves_nothing() {
    let upstream = ScriptedRegistry::start().await;
    upstream.push("team/app", "v1", &Image::oci("one"));
    let stage = before(&upstream.url(""), |builder| builder).await;
    let blob = format!("/v2/up/team/app/blobs/{}", Image::oci("one").config.digest());
    for (status, refused, code) in
        [(403, 403, "DENIED"), (429, 429, "TOOMANYREQUESTS"), (503, 502, "UNAVAILABLE")]
    {
        upstream.always(Method::GET, "/v2/*", Reply::status(status));
        stage.get("/v2/up/team/app/manifests/v1").await.refused(refused, code);
        stage.get(&blob).await.refused(refused, code);
        upstream.behave();
    }
    for reply in [
        Reply::hangup(),
        Reply::body(200, "no manifest").header("content-type", "application/vnd.oci.image.manifest.v1+json"),
        Reply::honest().header("docker-content-digest", &Image::oci("other").manifest.digest()),
        Reply::chunked(vec![b' '; 1024 * 1024], 5),
        Reply::redirect(307, "ftp://127.0.0.1/"),
        Reply::redirect(307, "http://169.254.169.254/latest/meta-data"),
        Reply::redirect(307, &upstream.url(MANIFEST)),
    ] {
        upstream.always(Method::GET, MANIFEST, reply);
        stage.get("/v2/up/team/app/manifests/v1").await.refused(502, "UNAVAILABLE");
        upstream.behave();
    }
    let digest = Image::oci("one").manifest.digest();
    let lie = Reply::body(200, Image::oci("other").manifest.bytes);
    upstream.next(Method::GET, &format!("/v2/team/app/manifests/{digest}"), lie);
    stage.get(&format!("/v2/up/team/app/manifests/{digest}")).await.refused(502, "UNAVAILABLE");
    stage.get("/v2/up/team/none/manifests/v1").await.refused(404, "NAME_UNKNOWN");
    stage.get("/v2/up/team/app/manifests/v1").await.expect(200);
    stage.get("/v2/up/team/app/manifests/none").await.refused(404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn a_blob_that_is_not_what_it_should_be_is_not_kept() {
    let upstream = ScriptedRegistry::start().await;
    let image = Image::oci("one");
    upstream.push("team/app", "v1", &image);
    let stage = before(&upstream.url(""), |builder| builder).await;
    let layer = image.layers[0].digest();
    let path = format!("/v2/team/app/blobs/{layer}");
    upstream.next(Method::GET, &path, Reply::body(200, "something else"));
    stage.get(&format!("/v2/up/team/app/blobs/{layer}")).await.refused(502, "UNAVAILABLE");
    upstream.next(Method::GET, &path, Reply::torn(1000, image.layers[0].bytes.slice(..3)));
    stage.get(&format!("/v2/up/team/app/blobs/{layer}")).await.refused(502, "UNAVAILABLE");
    stage.ask("HEAD", &format!("/v2/up/team/app/blobs/{layer}")).await.expect(404);
    assert!(!stage.blob_file(&layer).exists());
    assert_eq!(upstream.count(Method::HEAD, "/v2/*"), 0);
    assert_eq!(std::fs::read_dir(stage.data_dir().join("uploads")).unwrap().count(), 0);
    pull(&stage, &image, "v1").await;
}

#[tokio::test]
async fn an_image_is_fetched_once_and_kept() {
    let upstream = ScriptedRegistry::start().await;
    let image = Image::docker("one");
    upstream.push("team/app", "v1", &image);
    let mut stage = before(&upstream.url(""), |builder| builder).await;
    let template = json!({"prefix": "up", "appliedFor": ["PULL_THROUGH_CACHE"], "resourceTags": [{"Key": "from", "Value": "up"}]});
    stage.done("CreateRepositoryCreationTemplate", template).await;
    pull(&stage, &image, "v1").await;
    let detail = recorded(&stage, "v1").await;
    assert_eq!(
        (&detail["imageDigest"], &detail["imageTags"]),
        (&json!(image.manifest.digest()), &json!(["v1"]))
    );
    for part in [&image.config, &image.layers[0]] {
        assert_eq!(upstream.count(Method::GET, &format!("/v2/team/app/blobs/{}", part.digest())), 1);
    }
    assert_eq!(upstream.count(Method::GET, MANIFEST), 1);
    let arn = "arn:aws:ecr:us-east-1:000000000000:repository/up/team/app";
    let tags = stage.done("ListTagsForResource", json!({"resourceArn": arn})).await;
    assert_eq!(tags["tags"][0]["Key"], "from");

    let address = upstream.url("");
    stage.restart(|builder| builder.upstream_endpoint("quay.io", address)).await;
    upstream.forget_requests();
    pull(&stage, &image, "v1").await;
    pull(&stage, &image, &image.manifest.digest()).await;
    assert_eq!(upstream.request_lines(), Vec::<String>::new());
}

#[tokio::test]
async fn whoever_pulls_at_the_same_time_shares_what_comes() {
    let upstream = ScriptedRegistry::start().await;
    let image = Image::oci("one");
    upstream.push("team/app", "v1", &image);
    let stage = before(&upstream.url(""), |builder| builder).await;
    let gate = upstream.hold(Method::GET, MANIFEST);
    let release = async {
        gate.reached().await;
        gate.release();
    };
    tokio::join!(pull(&stage, &image, "v1"), pull(&stage, &image, "v1"), pull(&stage, &image, "v1"), release);
    recorded(&stage, "v1").await;
    assert_eq!(upstream.count(Method::GET, MANIFEST), 1);
    assert_eq!(upstream.count(Method::GET, "/v2/team/app/blobs/*"), 2);
}

#[tokio::test]
async fn a_manifest_comes_before_its_layers_do() {
    let upstream = ScriptedRegistry::start().await;
    let image = Image::oci("one");
    upstream.push("team/app", "v1", &image);
    let stage = before(&upstream.url(""), |builder| builder).await;
    let gate = upstream.hold(Method::GET, &format!("/v2/team/app/blobs/{}", image.layers[0].digest()));
    for _ in 0..2 {
        stage.ask("HEAD", "/v2/up/team/app/manifests/v1").await.expect(200);
    }
    gate.reached().await;
    let early = json!({"repositoryName": "up/team/app", "imageIds": [{"imageTag": "v1"}]});
    stage.fails("DescribeImages", early, "ImageNotFoundException").await;
    gate.release();
    recorded(&stage, "v1").await;
    assert_eq!(upstream.count(Method::GET, MANIFEST), 1);
}

#[tokio::test]
async fn upstream_is_asked_once_a_day_for_a_tag() {
    let upstream = ScriptedRegistry::start().await;
    let clock = Clock::default();
    let (one, two) = (Image::oci("one"), Image::oci("two"));
    upstream.push("team/app", "v1", &one);
    let stage = before(&upstream.url(""), |builder| builder.clock(clock.clone())).await;
    pull(&stage, &one, "v1").await;
    recorded(&stage, "v1").await;
    upstream.push("team/app", "v1", &two);
    clock.advance(DAY - Duration::from_secs(60));
    pull(&stage, &one, "v1").await;
    assert_eq!(upstream.count(Method::GET, MANIFEST), 1);
    clock.advance(Duration::from_secs(60));
    pull(&stage, &two, "v1").await;
    until("the tag has moved", async || {
        (recorded(&stage, "v1").await["imageDigest"] == two.manifest.digest()).then_some(())
    })
    .await;

    clock.advance(DAY);
    upstream.always(Method::GET, "/v2/*", Reply::status(500));
    pull(&stage, &two, "v1").await;
    pull(&stage, &two, "v1").await;
    assert_eq!(upstream.count(Method::GET, MANIFEST), 4, "what failed is tried again");
    upstream.behave();
    upstream.untag("team/app", "v1");
    pull(&stage, &two, "v1").await;
}

#[tokio::test]
async fn a_tag_that_must_not_move_is_not_asked_for_again() {
    let upstream = ScriptedRegistry::start().await;
    let clock = Clock::default();
    let one = Image::oci("one");
    upstream.push("team/app", "v1", &one);
    let stage = before(&upstream.url(""), |builder| builder.clock(clock.clone())).await;
    let template =
        json!({"prefix": "ROOT", "appliedFor": ["PULL_THROUGH_CACHE"], "imageTagMutability": "IMMUTABLE"});
    stage.done("CreateRepositoryCreationTemplate", template).await;
    pull(&stage, &one, "v1").await;
    recorded(&stage, "v1").await;
    upstream.push("team/app", "v1", &Image::oci("two"));
    clock.advance(DAY * 2);
    pull(&stage, &one, "v1").await;
    assert_eq!(upstream.count(Method::GET, MANIFEST), 1);
}

#[tokio::test]
async fn of_an_index_only_what_is_pulled_comes() {
    let upstream = ScriptedRegistry::start().await;
    let (one, two) = (Image::oci("one"), Image::oci("two"));
    for image in [&one, &two] {
        upstream.push_untagged("team/app", image);
    }
    let all = index(OCI_INDEX, &[one.manifest.entry("linux/amd64"), two.manifest.entry("linux/arm64")]);
    upstream.put_manifest("team/app", Some("v1"), &all);
    let stage = before(&upstream.url(""), |builder| builder).await;
    assert_eq!(stage.get("/v2/up/team/app/manifests/v1").await.expect(200).body, all.bytes);
    assert_eq!(recorded(&stage, "v1").await["imageSizeInBytes"], 0);
    pull(&stage, &one, &one.manifest.digest()).await;
    until("the image counts", async || (recorded(&stage, "v1").await["imageSizeInBytes"] != 0).then_some(()))
        .await;
    assert_eq!(upstream.count(Method::GET, &format!("/v2/team/app/manifests/{}", two.manifest.digest())), 0);
    let delete = |image: &Content| json!({"repositoryName": "up/team/app", "imageIds": [{"imageDigest": image.digest()}]});
    let kept = stage.done("BatchDeleteImage", delete(&one.manifest)).await;
    assert_eq!(kept["failures"][0]["failureCode"], "ImageReferencedByManifestList");
    let gone = stage.done("BatchDeleteImage", delete(&all)).await;
    assert_eq!(gone["failures"], json!([]));
}
