//! Blobs on their way down: verified, resumed, from wherever the registry keeps them.

use std::time::Duration;

use fixtures::{
    images::Content,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::error::Error;

use super::{
    super::world::{Names, World},
    world::{Blob, app},
};

const BLOBS: &str = "/v2/team/app/blobs/*";

async fn registry_with(blob: &Blob) -> ScriptedRegistry {
    let registry = ScriptedRegistry::start().await;
    registry.put_blob("team/app", &Content::of("", blob.bytes.clone()));
    registry
}

async fn read(world: &World, registry: &ScriptedRegistry, blob: &Blob) -> Result<Vec<u8>, Error> {
    world.read(&app(registry), blob, &world.anonymous()).await
}

#[tokio::test]
async fn what_is_not_the_blob_ends_in_an_error() {
    for (bytes, found) in
        [(vec![1; 99], "99 bytes of 100"), (vec![1; 101], "more than 100 bytes"), (vec![2; 100], "sha256:")]
    {
        let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::of(vec![1; 100]));
        registry.always(Method::GET, BLOBS, Reply::body(200, bytes));
        let error = read(&world, &registry, &blob).await.unwrap_err();
        assert!(
            matches!(&error, Error::ContentMismatch { what: "blob", found: f, .. } if f.starts_with(found)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_blob_that_is_not_there_is_an_error_before_the_stream() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    let error = read(&world, &registry, &blob).await.unwrap_err();
    assert_eq!(error.to_string(), "blob unknown: blob unknown to registry");
}

#[tokio::test]
async fn a_download_that_breaks_goes_on_where_it_broke() {
    let blob = Blob::sized(300_000);
    let (world, registry) = (World::new(), registry_with(&blob).await);
    registry.next(Method::GET, BLOBS, Reply::torn(300_000, blob.bytes.slice(..100_000)));
    let rest =
        Reply::body(206, blob.bytes.slice(100_000..)).header("Content-Range", "bytes 100000-299999/300000");
    registry.next(Method::GET, BLOBS, rest);
    assert!(read(&world, &registry, &blob).await.unwrap() == blob.bytes);
    let requests = registry.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].headers["range"], "bytes=100000-");
}

#[tokio::test]
async fn a_registry_without_ranges_sends_all_of_it_again() {
    let blob = Blob::sized(300_000);
    let (world, registry) = (World::new(), registry_with(&blob).await);
    registry.next(Method::GET, BLOBS, Reply::torn(300_000, blob.bytes.slice(..100_000)));
    assert!(read(&world, &registry, &blob).await.unwrap() == blob.bytes);
}

#[tokio::test]
async fn a_download_that_keeps_breaking_is_given_up() {
    let blob = Blob::sized(300_000);
    let (world, registry) = (World::new(), registry_with(&blob).await);
    registry.always(Method::GET, BLOBS, Reply::torn(300_000, blob.bytes.slice(..100_000)));
    let error = read(&world, &registry, &blob).await.unwrap_err();
    assert!(matches!(error, Error::RegistryUnavailable { .. }), "{error:?}");
    assert!(registry.count(Method::GET, BLOBS) <= 3);
}

#[tokio::test]
async fn a_blob_comes_from_a_store_elsewhere_without_authorization_and_is_resumed_there() {
    let blob = Blob::sized(300_000);
    let (world, registry, store) =
        (World::new(), registry_with(&blob).await, ScriptedRegistry::start().await);
    registry.require_basic([("alice", "s3cret")]);
    registry.always(Method::GET, BLOBS, Reply::redirect(307, &store.url("/store?sig=1")));
    store.next(Method::GET, "/store", Reply::torn(300_000, blob.bytes.slice(..100_000)));
    let rest =
        Reply::body(206, blob.bytes.slice(100_000..)).header("Content-Range", "bytes 100000-299999/300000");
    store.next(Method::GET, "/store", rest);
    let read = world.read(&app(&registry), &blob, &world.user("alice", "s3cret")).await.unwrap();
    assert!(read == blob.bytes);
    assert!(store.requests().iter().all(|request| request.authorization().is_none()));
    assert_eq!(store.requests()[1].headers["range"], "bytes=100000-");
}

#[tokio::test]
async fn a_blob_does_not_come_from_the_network_of_this_service() {
    let blob = Blob::sized(10);
    let (world, registry) = (World::new(), registry_with(&blob).await);
    registry.always(Method::GET, BLOBS, Reply::redirect(307, "http://169.254.170.2/v2/credentials"));
    let error = read(&world, &registry, &blob).await.unwrap_err();
    assert!(matches!(error, Error::TargetRefused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_mirror_serves_blobs_and_what_it_has_not_the_registry_does() {
    let blob = Blob::sized(100_000);
    let (registry, mirror) = (registry_with(&blob).await, registry_with(&blob).await);
    let world = World::configured(&format!(
        "[registries.'{}']\nmirrors = ['http://{}']",
        registry.host(),
        mirror.host()
    ));
    assert!(read(&world, &registry, &blob).await.unwrap() == blob.bytes);
    assert!(registry.requests().is_empty());
    mirror.next(Method::GET, BLOBS, Reply::torn(100_000, blob.bytes.slice(..10_000)));
    assert!(read(&world, &registry, &blob).await.unwrap() == blob.bytes);
    mirror.always(Method::GET, BLOBS, Reply::status(404));
    assert!(read(&world, &registry, &blob).await.unwrap() == blob.bytes);
    assert_eq!(registry.count(Method::GET, BLOBS), 2);
}

#[tokio::test]
async fn a_registry_that_stops_in_the_middle_is_not_waited_for_without_end() {
    let blob = Blob::sized(10);
    let world = World::on("", Names::default(), Duration::from_millis(100), false);
    let registry = registry_with(&blob).await;
    let _never = registry.hold(Method::GET, BLOBS);
    let error = read(&world, &registry, &blob).await.unwrap_err();
    assert!(error.to_string().contains("i/o timeout"), "{error}");
}

#[tokio::test]
async fn an_empty_blob_is_a_blob() {
    let blob = Blob::of("");
    let (world, registry) = (World::new(), registry_with(&blob).await);
    assert!(read(&world, &registry, &blob).await.unwrap().is_empty());
}
