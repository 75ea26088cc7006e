//! Registries that speak TLS.

use std::io::Write as _;

use fixtures::{
    images::Image,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::error::Error;
use tempfile::NamedTempFile;

use super::world::{MANIFEST, World, app};

/// A registry, and a client that trusts its certificate.
async fn trusted() -> (World, ScriptedRegistry) {
    let registry = ScriptedRegistry::start_tls().await;
    registry.push("team/app", "v1", &Image::docker("app"));
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(registry.certificate().as_bytes()).unwrap();
    let config = format!("[registries.'{}']\nca_file = {:?}", registry.host(), file.path());
    // The file may go: it was read at the start.
    (World::configured(&config), registry)
}

#[tokio::test]
async fn a_registry_on_loopback_with_a_ca_file_is_spoken_to_by_tls() {
    let (world, registry) = trusted().await;
    registry.require_bearer([("alice", "s3cret")]);
    world.pull_as(&app(&registry), &world.user("alice", "s3cret")).await.unwrap();
    assert_eq!(registry.count(Method::GET, "/token"), 1);
}

#[tokio::test]
async fn a_certificate_of_strangers_is_told_as_docker_tells_it() {
    let registry = ScriptedRegistry::start_tls().await;
    let config = format!("[registries.'{}']\nendpoint = '{}'", registry.host(), registry.url(""));
    let error = World::configured(&config).failure(&app(&registry)).await.to_string();
    assert!(error.contains("tls: failed to verify certificate: x509"), "{error}");
    assert!(registry.requests().is_empty());
}

#[tokio::test]
async fn a_realm_in_clear_text_gets_nothing_from_a_registry_with_tls() {
    let ((world, registry), tokens) = (trusted().await, ScriptedRegistry::start().await);
    registry.require_bearer_of(&tokens.url("/token"), []);
    let error = world.failure(&app(&registry)).await;
    assert!(matches!(error.root(), Error::TargetRefused { .. }), "{error}");
    assert!(tokens.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_into_clear_text_is_not_followed() {
    let ((world, registry), store) = (trusted().await, ScriptedRegistry::start().await);
    registry.always(Method::GET, MANIFEST, Reply::redirect(307, &store.url("/store")));
    let error = world.failure(&app(&registry)).await;
    assert!(matches!(error.root(), Error::TargetRefused { .. }), "{error}");
    assert!(store.requests().is_empty());
}
