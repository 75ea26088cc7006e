//! Images that come from upstream when they are pulled.

use std::time::Duration;

use ecr_local::{Builder, Clock, UpstreamSecret};
use fixtures::{
    images::{Content, Image, OCI_INDEX, index},
    peers::{DockerCli, DockerRegistry, Dockerd, Recipe},
    process::until,
    registry::{Reply, ScriptedRegistry},
    tool::{Tool, pinned},
};
use http::Method;
use serde_json::{Value, json};

use crate::stage::{Stage, read};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const ARN: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:ecr-pullthroughcache/hub";
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

/// As before, for Docker Hub, with a password.
async fn hub(upstream: &ScriptedRegistry, settings: impl FnOnce(Builder) -> Builder) -> Stage {
    let secret = json!({"username": "alice", "accessToken": "s3cret"}).to_string();
    let stage = Stage::with(|builder| {
        let builder = builder.upstream_endpoint("registry-1.docker.io", upstream.url(""));
        settings(builder.upstream_secret("ecr-pullthroughcache/hub", UpstreamSecret::Text(secret.into())))
    })
    .await;
    rule(&stage, "registry-1.docker.io", ARN.into()).await;
    stage
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

#[tokio::test]
async fn a_password_goes_to_the_registry_and_to_the_server_of_its_tokens() {
    let upstream = ScriptedRegistry::start().await;
    let image = Image::oci("one");
    upstream.push("team/app", "v1", &image);
    upstream.require_basic([("alice", "s3cret")]);
    pull(&hub(&upstream, |builder| builder).await, &image, "v1").await;

    upstream.require_bearer([("alice", "s3cret")]);
    pull(&hub(&upstream, |builder| builder).await, &image, "v1").await;

    let tokens = ScriptedRegistry::start().await;
    tokens.require_bearer([("alice", "s3cret")]);
    upstream.require_bearer_of("https://auth.docker.io/token", [("alice", "s3cret")]);
    for number in 1..10 {
        upstream.accept_token(&format!("token-{number}"));
    }
    let address = tokens.url("");
    pull(&hub(&upstream, |builder| builder.upstream_endpoint("auth.docker.io", address)).await, &image, "v1")
        .await;
    let asked = tokens.requests();
    assert!(asked[0].authorization().unwrap().starts_with("Basic "));
    assert!(asked[0].query.contains("scope=repository%3Ateam%2Fapp%3Apull"), "{}", asked[0].query);
}

#[tokio::test]
async fn a_password_goes_to_nobody_else() {
    let (upstream, stranger) = (ScriptedRegistry::start().await, ScriptedRegistry::start().await);
    let image = Image::oci("one");
    for registry in [&upstream, &stranger] {
        registry.push("team/app", "v1", &image);
    }
    upstream.require_bearer_of(&stranger.url("/token"), [("alice", "s3cret")]);
    let stage = hub(&upstream, |builder| builder).await;
    stage.get("/v2/up/team/app/manifests/v1").await.refused(403, "DENIED");
    assert_eq!(stranger.request_lines(), Vec::<String>::new());

    upstream.require_basic([("alice", "s3cret")]);
    let layer = image.layers[0].digest();
    let path = format!("/v2/team/app/blobs/{layer}");
    upstream.always(Method::GET, &path, Reply::redirect(307, &stranger.url(&path)));
    let stage = hub(&upstream, |builder| builder).await;
    pull(&stage, &image, "v1").await;
    let asked = stranger.requests();
    assert!(!asked.is_empty(), "the redirect was followed");
    assert!(asked.iter().all(|request| request.authorization().is_none()));
}

#[tokio::test]
async fn another_local_ecr_is_an_upstream_under_its_name() {
    let far = Stage::start().await;
    let image = Image::oci("one");
    let host = "222222222222.dkr.ecr.eu-west-1.amazonaws.com";
    for part in [&image.config, &image.layers[0]] {
        let path = format!("/v2/team/app/blobs/uploads/?digest={}", part.digest());
        read(far.request("POST", &path).header("host", host).body(part.bytes.clone())).await.expect(201);
    }
    let put = far.request("PUT", MANIFEST).header("host", host);
    let put = put.header("content-type", &image.manifest.media_type).body(image.manifest.bytes.clone());
    read(put).await.expect(201);
    let address = format!("http://{}", far.host());
    let stage = Stage::with(|builder| builder.upstream_endpoint(host, address)).await;
    rule(&stage, host, Value::Null).await;
    pull(&stage, &image, "v1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crane_and_skopeo_pull_through_to_a_docker_registry() {
    let upstream = DockerRegistry::open().await;
    let (index, _) =
        upstream.push_index("team/app", "v1", &[Recipe::plain("one"), Recipe::plain("two")]).await;
    upstream.push("team/app", "v2", &Recipe::plain("three").oci()).await;
    let stage = before(&format!("http://{}", upstream.host()), |builder| builder).await;
    let reference = |tag: &str| format!("{}/up/team/app:{tag}", stage.host());
    let crane = async |args: &[&str]| Tool::new(pinned("bin/crane")).args(args).run().await;
    let digest = crane(&["digest", "--insecure", &reference("v1")]).await.ok();
    assert_eq!(digest.trim(), index.digest);
    crane(&["validate", "--insecure", "--remote", &reference("v1")]).await.ok();
    let copy = format!("docker://{}/copy:v2", stage.host());
    let source = format!("docker://{}", reference("v2"));
    let skopeo = Tool::new("skopeo").args([
        "copy",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
        &source,
        &copy,
    ]);
    skopeo.run().await.ok();
    crane(&["validate", "--insecure", "--remote", &format!("{}/copy:v2", stage.host())]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn dockerd_pulls_through_to_a_docker_registry() {
    let (upstream, dockerd) = (DockerRegistry::open().await, Dockerd::start().await);
    let pushed = upstream.push("team/app", "v1", &Recipe::plain("one")).await;
    let stage = before(&format!("http://{}", upstream.host()), |builder| builder).await;
    for (number, cli) in DockerCli::all(&dockerd.engine().docker_host()).iter().enumerate() {
        let reference = format!("{}/up/team/app:v1", stage.host());
        cli.run(&["pull", &reference]).await.ok();
        let id = cli.run(&["image", "inspect", "--format", "{{.Id}}", &reference]).await.ok();
        assert_eq!(id.trim(), pushed.image_id, "{number}");
        cli.run(&["rmi", &reference]).await.ok();
        cli.run(&["pull", &format!("{}/up/team/none:v1", stage.host())]).await.refused();
    }
    recorded(&stage, "v1").await;
    let asked = upstream.requests().await;
    let blobs = asked.iter().filter(|request| request.method == "GET" && request.uri.contains("/blobs/"));
    assert_eq!(blobs.count(), 2, "config and layer once each");
}
