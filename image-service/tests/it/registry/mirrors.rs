//! Mirrors are asked first, anonymously, and their failures do not count.

use fixtures::{
    images::{Content, DOCKER_MANIFEST, Image},
    registry::{Reply, ScriptedRegistry},
};
use http::Method;

use super::world::{MANIFEST, World};

const NAME: &str = "registry.example/team/app:v1";

async fn registry() -> ScriptedRegistry {
    let registry = ScriptedRegistry::start().await;
    registry.push("team/app", "v1", &Image::docker("app"));
    registry
}

fn world(origin: &ScriptedRegistry, mirrors: &[&ScriptedRegistry]) -> World {
    let mirrors: Vec<_> = mirrors.iter().map(|mirror| mirror.url("")).collect();
    let config =
        format!("[registries.'registry.example']\nendpoint = '{}'\nmirrors = {mirrors:?}", origin.url(""));
    World::configured(&config)
}

#[tokio::test]
async fn a_mirror_that_has_the_image_serves_it_alone() {
    let (origin, mirror) = (registry().await, registry().await);
    world(&origin, &[&mirror]).pull(NAME).await.unwrap();
    assert_eq!((mirror.requests().len(), origin.requests().len()), (2, 0));
}

#[tokio::test]
async fn whatever_is_wrong_with_a_mirror_the_next_is_asked_and_the_registry_last() {
    let wrong = Content::of(DOCKER_MANIFEST, "{}");
    for reply in [
        Reply::status(401),
        Reply::status(404),
        Reply::status(500),
        Reply::status(429),
        Reply::hangup(),
        Reply::body(200, "<html>"),
        Reply::body(200, wrong.bytes)
            .header("Docker-Content-Digest", &Image::docker("app").manifest.digest()),
        Reply::redirect(307, "http://169.254.169.254/"),
        Reply::torn(1000, "{"),
    ] {
        let (origin, first, second) = (registry().await, registry().await, registry().await);
        for mirror in [&first, &second] {
            mirror.always(Method::GET, MANIFEST, reply.clone());
        }
        let world = world(&origin, &[&first, &second]);
        world.pull(NAME).await.unwrap();
        for mirror in [&first, &second] {
            assert_eq!(mirror.count(Method::GET, MANIFEST), 1, "{reply:?}: once and no retry");
        }
        assert_eq!(origin.count(Method::GET, MANIFEST), 1);
        assert!(world.waits.taken().is_empty());
    }
}

#[tokio::test]
async fn a_mirror_never_sees_the_credentials_of_the_registry() {
    let (origin, mirror) = (registry().await, registry().await);
    origin.require_basic([("alice", "s3cret")]);
    mirror.require_basic([("alice", "s3cret")]);
    let world = world(&origin, &[&mirror]);
    world.pull_as(NAME, &world.user("alice", "s3cret")).await.unwrap();
    assert!(mirror.requests().iter().all(|request| request.authorization().is_none()));
    assert!(origin.requests().iter().any(|request| request.authorization().is_some()));
}

#[tokio::test]
async fn a_mirror_may_ask_for_anonymous_tokens_of_its_own() {
    let (origin, mirror) = (registry().await, registry().await);
    mirror.require_bearer([]);
    world(&origin, &[&mirror]).pull(NAME).await.unwrap();
    assert_eq!(mirror.count(Method::GET, "/token"), 1);
    assert!(origin.requests().is_empty());
}

#[tokio::test]
async fn the_refusal_that_is_told_is_the_registrys_own() {
    let (origin, mirror) = (registry().await, registry().await);
    mirror.always(Method::GET, MANIFEST, Reply::status(500));
    origin.always(Method::GET, MANIFEST, Reply::error(404, "NAME_UNKNOWN", "gone"));
    let error = world(&origin, &[&mirror]).failure(NAME).await;
    assert_eq!(error.to_string(), "repository registry.example/team/app not found: name unknown: gone");
}

#[tokio::test]
async fn a_mirror_that_cannot_be_reached_is_left_alone_for_a_while() {
    let (origin, mirror) = (registry().await, registry().await);
    mirror.always(Method::GET, "/v2/*", Reply::hangup());
    let world = world(&origin, &[&mirror]);
    world.pull(NAME).await.unwrap();
    world.pull(NAME).await.unwrap();
    assert_eq!(mirror.requests().len(), 1);
}

#[tokio::test]
async fn a_probe_asks_the_mirror_and_falls_to_the_registry() {
    let (origin, mirror) = (registry().await, registry().await);
    let world = world(&origin, &[&mirror]);
    let digest = Image::docker("app").manifest.digest();
    assert_eq!(world.probe(NAME).await.unwrap(), Some(digest.clone()));
    assert!(origin.requests().is_empty());
    mirror.always(Method::HEAD, MANIFEST, Reply::honest().header("Docker-Content-Digest", ""));
    assert_eq!(world.probe(NAME).await.unwrap(), Some(digest));
    assert_eq!(origin.request_lines(), [format!("HEAD {MANIFEST}")]);
}
