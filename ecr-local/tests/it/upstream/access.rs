//! Who gets the password for an upstream registry.

use ecr_local::{Builder, UpstreamSecret};
use fixtures::{
    images::Image,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use serde_json::json;

use super::{pull, rule};
use crate::stage::Stage;

const ARN: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:ecr-pullthroughcache/hub";

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
