//! Registries that do not take a blob in one PUT.

use fixtures::registry::{Reply, ScriptedRegistry};
use http::Method;
use image_service::ports::Placed;

use super::{
    super::world::World,
    world::{Blob, UPLOADS, app, kept, writes},
};

const MIB: usize = 1024 * 1024;

/// What a registry got from the second session on.
fn after_the_put(registry: &ScriptedRegistry) -> Vec<String> {
    let lines = writes(registry).into_iter().filter(|line| !line.starts_with("DELETE"));
    lines.skip_while(|line| line != "PUT session 1").skip(1).collect()
}

#[tokio::test]
async fn a_put_that_is_not_taken_is_followed_by_one_patch() {
    for status in [404, 405, 411, 413, 415] {
        let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(200_000));
        registry.next(Method::PUT, UPLOADS, Reply::status(status));
        assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded, "{status}");
        assert!(kept(&registry, &blob).unwrap() == blob.bytes);
        let expected = ["POST blobs/uploads/", "PATCH session 2", "PUT session 2"];
        assert_eq!(after_the_put(&registry), expected, "{status}");
        let patch = registry.requests().into_iter().find(|request| request.method == Method::PATCH).unwrap();
        assert!(!patch.headers.contains_key("content-range"));
    }
}

#[tokio::test]
async fn a_connection_that_breaks_under_much_is_followed_by_one_patch() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(4 * MIB));
    registry.next(Method::PUT, UPLOADS, Reply::hangup_after(2 * MIB));
    assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded);
    assert_eq!(after_the_put(&registry), ["POST blobs/uploads/", "PATCH session 2", "PUT session 2"]);
    assert_eq!(blob.times_opened(), 2);
}

#[tokio::test]
async fn a_refusal_that_comes_before_all_is_sent_counts_as_well() {
    for refusal in [Reply::status(413), Reply::status(401)] {
        let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(8 * MIB));
        registry.require_bearer([]);
        registry.next(Method::PUT, UPLOADS, refusal.early());
        assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded);
        assert!(kept(&registry, &blob).unwrap() == blob.bytes);
    }
}

#[tokio::test]
async fn what_a_registry_took_is_what_it_is_offered_next_time() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    registry.next(Method::PUT, UPLOADS, Reply::status(413));
    world.put(&app(&registry), &Blob::sized(10)).await.unwrap();
    registry.forget_requests();
    world.put(&app(&registry), &Blob::sized(11)).await.unwrap();
    let lines: Vec<_> = writes(&registry).into_iter().filter(|line| !line.starts_with("DELETE")).collect();
    assert_eq!(lines, ["POST blobs/uploads/", "PATCH session 3", "PUT session 3"]);
}

#[tokio::test]
async fn a_registry_that_answers_a_patch_as_if_all_were_done_is_asked_to_finish() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    registry.next(Method::PUT, UPLOADS, Reply::status(405));
    registry.next(Method::PATCH, UPLOADS, Reply::status(201));
    registry.next(Method::PUT, UPLOADS, Reply::status(201));
    assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded);
    assert_eq!(after_the_put(&registry), ["POST blobs/uploads/", "PATCH session 2", "PUT session 2"]);
}

/// A registry that takes neither a whole PUT nor a whole PATCH.
async fn chunked_only() -> ScriptedRegistry {
    let registry = ScriptedRegistry::start().await;
    registry.next(Method::PUT, UPLOADS, Reply::status(413));
    registry.next(Method::PATCH, UPLOADS, Reply::status(416));
    registry
}

/// `Content-Range` of all pieces so far.
fn ranges(registry: &ScriptedRegistry) -> Vec<String> {
    let patches = registry.requests().into_iter().filter(|request| request.method == Method::PATCH);
    let ranges =
        patches.filter_map(|patch| Some(patch.headers.get("content-range")?.to_str().ok()?.to_owned()));
    ranges.collect()
}

#[tokio::test]
async fn the_last_resort_is_to_send_pieces() {
    let (world, registry, blob) = (World::new(), chunked_only().await, Blob::sized(9 * MIB));
    assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded);
    assert!(kept(&registry, &blob).unwrap() == blob.bytes);
    assert_eq!(ranges(&registry), ["0-8388607", "8388608-9437183"]);
    assert_eq!(blob.times_opened(), 3, "once for each way");
}

#[tokio::test]
async fn pieces_are_as_long_as_the_registry_wants_them() {
    let (world, registry, blob) = (World::new(), chunked_only().await, Blob::sized(9 * MIB));
    registry.always(Method::POST, UPLOADS, Reply::honest().header("OCI-Chunk-Min-Length", "9000000"));
    assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded);
    assert_eq!(ranges(&registry), ["0-8999999", "9000000-9437183"]);
}

#[tokio::test]
async fn a_piece_that_fails_is_sent_again_from_where_the_registry_is() {
    for reply in [Reply::status(503), Reply::hangup_after(100_000), Reply::status(416)] {
        let (world, registry, blob) = (World::new(), chunked_only().await, Blob::sized(9 * MIB));
        registry.next(Method::PATCH, UPLOADS, Reply::honest());
        registry.next(Method::PATCH, UPLOADS, reply);
        assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded);
        assert!(kept(&registry, &blob).unwrap() == blob.bytes);
        let second = "8388608-9437183";
        assert_eq!(ranges(&registry), ["0-8388607", second, second]);
        assert_eq!(registry.count(Method::GET, UPLOADS), 1);
    }
}

#[tokio::test]
async fn a_registry_that_loses_pieces_gets_no_more_of_them() {
    let (world, registry, blob) = (World::new(), chunked_only().await, Blob::sized(9 * MIB));
    registry.always(Method::PATCH, UPLOADS, Reply::status(202).header("Range", "0-0"));
    let error = world.put(&app(&registry), &blob).await.unwrap_err();
    assert_eq!(error.to_string(), "the registry does not keep the pieces of an upload");
    assert_eq!(ranges(&registry), ["0-8388607"]);
}

#[tokio::test]
async fn a_registry_that_takes_it_in_no_way_says_so() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    let refusal = || Reply::error(413, "SIZE_INVALID", "too big for us");
    registry.always(Method::PUT, UPLOADS, refusal());
    registry.always(Method::PATCH, UPLOADS, refusal());
    let error = world.put(&app(&registry), &blob).await.unwrap_err();
    assert_eq!(error.to_string(), "size invalid: too big for us");
    assert_eq!(registry.count(Method::POST, UPLOADS), 3);
}
