//! One HEAD, or nothing said.

use fixtures::{
    images::Image,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::error::Error;

use super::world::{MANIFEST, World, app};

async fn registry() -> (ScriptedRegistry, Image) {
    let (registry, image) = (ScriptedRegistry::start().await, Image::docker("app"));
    registry.push("team/app", "v1", &image);
    (registry, image)
}

#[tokio::test]
async fn a_probe_is_one_head() {
    let (world, (registry, image)) = (World::new(), registry().await);
    registry.require_bearer([]);
    assert_eq!(world.probe(&app(&registry)).await.unwrap(), Some(image.manifest.digest()));
    registry.forget_requests();
    assert_eq!(world.probe(&app(&registry)).await.unwrap(), Some(image.manifest.digest()));
    assert_eq!(registry.request_lines(), [format!("HEAD {MANIFEST}")]);
}

#[tokio::test]
async fn a_registry_that_refuses_head_or_says_no_digest_is_not_asked_again() {
    for reply in [
        Reply::status(405),
        Reply::honest().header("Docker-Content-Digest", ""),
        Reply::honest().header("Docker-Content-Digest", "junk"),
    ] {
        let (world, (registry, _)) = (World::new(), registry().await);
        registry.always(Method::HEAD, MANIFEST, reply);
        for _ in 0..2 {
            assert_eq!(world.probe(&app(&registry)).await.unwrap(), None);
        }
        assert_eq!(registry.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_head_that_is_refused_without_words_is_explained_by_one_get() {
    for status in [401, 403, 404] {
        let (world, (registry, image)) = (World::new(), registry().await);
        registry.always(Method::HEAD, MANIFEST, Reply::status(status));
        assert_eq!(
            world.probe(&app(&registry)).await.unwrap(),
            Some(image.manifest.digest()),
            "only HEAD fails"
        );
        assert_eq!(registry.count(Method::GET, MANIFEST), 1);
    }
    let (world, (registry, _)) = (World::new(), registry().await);
    registry.untag("team/app", "v1");
    let error = world.probe(&app(&registry)).await.unwrap_err();
    let name = app(&registry);
    assert_eq!(
        error.to_string(),
        format!("manifest for {name} not found: manifest unknown: manifest unknown")
    );
    assert_eq!(registry.requests().len(), 2);
}

#[tokio::test]
async fn a_digest_is_confirmed_only_by_itself() {
    let (world, (registry, image)) = (World::new(), registry().await);
    let digest = image.manifest.digest();
    let name = format!("{}/team/app@{digest}", registry.host());
    assert_eq!(world.probe(&name).await.unwrap(), Some(digest.clone()));
    let other = fixtures::images::sha256(b"other");
    let reply = Reply::honest().header("Docker-Content-Digest", &other);
    registry.always(Method::HEAD, &format!("/v2/team/app/manifests/{digest}"), reply);
    assert_eq!(world.probe(&name).await.unwrap(), None);
}

#[tokio::test]
async fn trouble_of_the_registry_is_an_error_and_not_silence() {
    let (world, (registry, _)) = (World::new(), registry().await);
    registry.always(Method::HEAD, MANIFEST, Reply::status(503));
    let error = world.probe(&app(&registry)).await.unwrap_err();
    assert!(matches!(error.root(), Error::RegistryProtocol { retryable: true, .. }), "{error}");
    assert_eq!(registry.requests().len(), 3);
}
