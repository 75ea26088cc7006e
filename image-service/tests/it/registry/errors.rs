//! Every refusal has the words that Docker's clients know.

use std::{net::TcpListener, time::Duration};

use fixtures::{
    images::Image,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::error::Error;

use super::world::{MANIFEST, Names, World, app};

#[tokio::test]
async fn an_answer_becomes_the_error_that_docker_shows() {
    let registry = ScriptedRegistry::start().await;
    let name = app(&registry);
    let repository = format!("{}/team/app", registry.host());
    let denied = format!(
        "pull access denied for {repository}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied"
    );
    for (reply, text) in [
        (Reply::error(404, "MANIFEST_UNKNOWN", "manifest unknown"), format!("manifest for {name} not found: manifest unknown: manifest unknown")),
        (Reply::error(404, "NOT_FOUND", "artifact not found"), format!("manifest for {name} not found: manifest unknown: artifact not found")),
        (Reply::status(404), format!("manifest for {name} not found: manifest unknown: manifest unknown")),
        (Reply::error(404, "NAME_UNKNOWN", "repository name not known to registry"), format!("repository {repository} not found: name unknown: repository name not known to registry")),
        (Reply::body(404, "<html>404</html>"), "error parsing HTTP 404 response body: invalid character '<' looking for beginning of value: \"<html>404</html>\"".into()),
        (Reply::error(403, "DENIED", "requested access to the resource is denied"), denied.clone()),
        (Reply::status(403), denied.clone()),
        (Reply::error(401, "UNAUTHORIZED", "authentication required"), denied),
        (Reply::body(503, "<html>"), "received unexpected HTTP status: 503 Service Unavailable".into()),
        (Reply::status(500), "received unexpected HTTP status: 500 Internal Server Error".into()),
        (Reply::status(304), "received unexpected HTTP status: 304 Not Modified".into()),
        (Reply::error(415, "MANIFEST_INVALID", "no docker types"), "manifest invalid: no docker types".into()),
        (Reply::error(429, "TOOMANYREQUESTS", "You have reached your pull rate limit."), "toomanyrequests: You have reached your pull rate limit.".into()),
    ] {
        registry.behave();
        registry.always(Method::GET, MANIFEST, reply);
        assert_eq!(World::new().failure(&name).await.to_string(), text);
    }
}

#[tokio::test]
async fn a_403_for_somebody_known_is_denied_or_an_expired_token() {
    let registry = ScriptedRegistry::start().await;
    registry.require_basic([("alice", "s3cret")]);
    let (world, name) = (World::new(), app(&registry));
    let alice = world.user("alice", "s3cret");
    world.failure_as(&name, &alice).await;
    registry.always(Method::GET, MANIFEST, Reply::error(403, "FORBIDDEN", "not yours"));
    let error = world.failure_as(&name, &alice).await;
    assert_eq!(error.to_string(), "denied: not yours");
    registry.behave();
    registry.always(
        Method::GET,
        MANIFEST,
        Reply::error(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again."),
    );
    assert!(matches!(world.failure_as(&name, &alice).await.root(), Error::CredentialsRejected { .. }));
}

#[tokio::test]
async fn a_config_that_is_missing_is_not_taken_for_a_missing_image() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = Image::docker("app");
    registry.put_manifest("team/app", Some("v1"), &image.manifest);
    let error = world.failure(&app(&registry)).await;
    assert_eq!(
        error.to_string(),
        "error pulling image configuration: blob unknown: blob unknown to registry"
    );
}

#[tokio::test]
async fn a_refused_connection_is_told_as_docker_tells_it() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = World::new().failure(&format!("127.0.0.1:{port}/team/app:v1")).await;
    assert_eq!(
        error.to_string(),
        format!(
            "Get \"http://127.0.0.1:{port}{MANIFEST}\": dial tcp 127.0.0.1:{port}: connect: connection refused"
        )
    );
    assert!(matches!(error.root(), Error::RegistryUnavailable { cause: Some(_), .. }));
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_told_as_docker_tells_it() {
    let error = World::new().failure("nosuch.invalid/x:v1").await;
    let text =
        "Get \"https://nosuch.invalid/v2/x/manifests/v1\": dial tcp: lookup nosuch.invalid: no such host";
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn a_registry_that_does_not_answer_in_time_is_told_as_docker_tells_it() {
    let registry = ScriptedRegistry::start().await;
    let world = World::on("", Names::default(), Duration::from_millis(50), false);
    let _gate = registry.hold(Method::GET, MANIFEST);
    let error = world.failure(&app(&registry)).await.to_string();
    assert!(error.contains("request canceled (Client.Timeout exceeded while awaiting headers)"), "{error}");
    assert_eq!(registry.requests().len(), 1, "patience is not doubled");
}

#[tokio::test]
async fn a_registry_that_hangs_up_is_told_as_docker_tells_it() {
    let registry = ScriptedRegistry::start().await;
    registry.always(Method::GET, MANIFEST, Reply::hangup());
    let error = World::new().failure(&app(&registry)).await;
    let host = registry.host();
    assert_eq!(
        error.to_string(),
        format!("Get \"http://{host}{MANIFEST}\": read tcp {host}: connection reset by peer")
    );
}

#[tokio::test]
async fn clear_text_behind_https_is_told_as_docker_tells_it() {
    let registry = ScriptedRegistry::start().await;
    let config = format!("[registries.'{0}']\nendpoint = 'https://{0}'", registry.host());
    let error = World::configured(&config).failure(&app(&registry)).await.to_string();
    assert!(error.ends_with("http: server gave HTTP response to HTTPS client"), "{error}");
}

#[tokio::test]
async fn an_error_without_end_is_cut() {
    let registry = ScriptedRegistry::start().await;
    let endless = Reply::body(404, "<".repeat(1_000_000));
    registry.always(Method::GET, MANIFEST, endless);
    let error = World::new().failure(&app(&registry)).await.to_string();
    assert!(error.len() < 500, "{}", error.len());
}

#[tokio::test]
async fn a_port_that_does_not_exist_is_an_error_of_the_request() {
    let error = World::new().failure("foo.com:750050/bar:v1").await;
    assert!(matches!(error.root(), Error::Argument(_)), "{error}");
}
