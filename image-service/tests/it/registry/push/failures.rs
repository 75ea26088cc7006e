//! What goes wrong on the way, what is done about it, and what is left behind.

use std::time::Duration;

use fixtures::registry::{Reply, ScriptedRegistry};
use http::Method;
use image_service::{error::Error, ports::Placed};

use super::{
    super::world::{Names, World},
    world::{Blob, UPLOADS, app, kept, writes},
};

#[tokio::test]
async fn a_registry_that_stumbles_twice_gets_the_blob_in_the_third_session() {
    for stumble in [Reply::status(500), Reply::status(503), Reply::status(429), Reply::hangup()] {
        let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(200_000));
        registry.next(Method::PUT, UPLOADS, stumble.clone());
        registry.next(Method::PUT, UPLOADS, stumble);
        assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded);
        assert!(kept(&registry, &blob).unwrap() == blob.bytes);
        assert_eq!(registry.count(Method::PUT, UPLOADS), 3);
        assert_eq!(world.waits.taken().len(), 2);
    }
}

#[tokio::test]
async fn a_registry_that_says_when_to_return_is_left_alone_until_then() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    registry.next(Method::PUT, UPLOADS, Reply::status(429).header("Retry-After", "7"));
    world.put(&app(&registry), &blob).await.unwrap();
    assert!(world.waits.taken()[0] >= Duration::from_secs(7), "{:?}", world.waits.taken());
}

#[tokio::test]
async fn there_is_an_end_to_it() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    registry.always(Method::PUT, UPLOADS, Reply::status(503));
    let error = world.put(&app(&registry), &blob).await.unwrap_err();
    assert_eq!(error.to_string(), "received unexpected HTTP status: 503 Service Unavailable");
    assert_eq!(registry.count(Method::PUT, UPLOADS), 3);
}

#[tokio::test]
async fn a_connection_that_breaks_is_named_with_its_request() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    registry.upload_locations("/v2/team/app/blobs/uploads/secret-session?token=c2VjcmV0");
    registry.always(Method::PUT, UPLOADS, Reply::hangup());
    let error = world.put(&app(&registry), &blob).await.unwrap_err();
    let url = registry.url("/v2/team/app/blobs/uploads/secret-session");
    let host = registry.host();
    assert_eq!(error.to_string(), format!("Put {url:?}: read tcp {host}: connection reset by peer"));
    assert!(!format!("{error:?}").contains("c2VjcmV0"), "{error:?}");
}

#[tokio::test]
async fn a_token_that_runs_out_under_an_upload_is_replaced_and_the_session_too() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(200_000));
    registry.require_bearer([("alice", "s3cret")]);
    let challenge = format!(
        "Bearer realm=\"{}\",service=\"registry.test\",scope=\"repository:team/app:pull,push\",error=\"invalid_token\"",
        registry.url("/token")
    );
    registry.next(
        Method::PUT,
        UPLOADS,
        Reply::error(401, "UNAUTHORIZED", "expired").header("WWW-Authenticate", &challenge),
    );
    let placed = world.put_as(&app(&registry), &blob, None, &world.user("alice", "s3cret")).await;
    assert_eq!(placed.unwrap(), Placed::Uploaded);
    assert!(kept(&registry, &blob).unwrap() == blob.bytes);
    let puts: Vec<_> = registry.requests().into_iter().filter(|r| r.method == Method::PUT).collect();
    assert_eq!(puts.len(), 2);
    assert_ne!(puts[0].authorization(), puts[1].authorization());
}

#[tokio::test]
async fn a_registry_that_refuses_every_token_is_not_asked_for_ever() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    registry.require_bearer([("alice", "s3cret")]);
    let challenge =
        format!("Bearer realm=\"{}\",scope=\"repository:team/app:pull,push\"", registry.url("/token"));
    let refusal = Reply::error(401, "UNAUTHORIZED", "no").header("WWW-Authenticate", &challenge);
    registry.always(Method::PUT, UPLOADS, refusal);
    let error = world.put_as(&app(&registry), &blob, None, &world.user("alice", "s3cret")).await.unwrap_err();
    assert_eq!(error.to_string(), "unauthorized: no");
    assert_eq!(registry.count(Method::PUT, UPLOADS), 2);
}

#[tokio::test]
async fn a_digest_that_the_registry_disputes_is_computed_again_and_sent_once_more() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    registry.next(Method::PUT, UPLOADS, Reply::error(400, "DIGEST_INVALID", "no"));
    assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded);
    assert_eq!((registry.count(Method::PUT, UPLOADS), blob.times_opened()), (2, 3));
    registry.always(Method::PUT, UPLOADS, Reply::error(400, "DIGEST_INVALID", "no"));
    let error = world.put(&app(&registry), &Blob::sized(11)).await.unwrap_err();
    assert_eq!(error.to_string(), "digest invalid: no");
    assert_eq!(registry.count(Method::PUT, UPLOADS), 4);
}

#[tokio::test]
async fn a_source_that_has_changed_is_told_from_a_registry_that_is_wrong() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let blob = Blob::sized(10).called(Blob::sized(11));
    let error = world.put(&app(&registry), &blob).await.unwrap_err();
    assert!(matches!(error, Error::Internal(_)), "{error:?}");
    let blob = Blob::of("one").called(Blob::of("two"));
    let error = world.put(&app(&registry), &blob).await.unwrap_err();
    assert!(matches!(error, Error::ContentMismatch { what: "blob", .. }), "{error:?}");
}

#[tokio::test]
async fn a_source_that_fails_is_the_error_and_its_session_is_cancelled() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let cancelled = registry.hold(Method::DELETE, UPLOADS);
    let blob = Blob::sized(5_000_000).breaking_at(3_000_000);
    let error = world.put(&app(&registry), &blob).await.unwrap_err();
    assert_eq!(error.to_string(), "the spool file is gone");
    cancelled.reached().await;
    assert_eq!(writes(&registry), ["POST blobs/uploads/", "DELETE session 1"]);
}

#[tokio::test]
async fn an_upload_that_is_given_up_is_cancelled() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let (arrived, cancelled) = (registry.hold(Method::PUT, UPLOADS), registry.hold(Method::DELETE, UPLOADS));
    let (repository, blob) = (app(&registry), Blob::sized(10));
    let upload = world.put(&repository, &blob);
    tokio::select! {
        placed = upload => panic!("{placed:?}"),
        () = arrived.reached() => {}
    }
    cancelled.reached().await;
    assert_eq!(writes(&registry), ["POST blobs/uploads/", "PUT session 1", "DELETE session 1"]);
}

#[tokio::test]
async fn what_is_kept_is_not_cancelled() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    world.put(&app(&registry), &Blob::sized(10)).await.unwrap();
    let cancelled = registry.hold(Method::DELETE, UPLOADS);
    let failing = Blob::sized(100).breaking_at(50);
    world.put(&app(&registry), &failing).await.unwrap_err();
    cancelled.reached().await;
    let lines = writes(&registry);
    assert_eq!(lines.iter().filter(|line| line.starts_with("DELETE")).count(), 1, "{lines:?}");
}

#[tokio::test]
async fn a_registry_that_takes_nothing_any_more_is_not_waited_for_without_end() {
    let stall = Duration::from_millis(300);
    let world = World::on("", Names::default(), stall, false);
    let (registry, blob) = (ScriptedRegistry::start().await, Blob::sized(10));
    let _never = registry.hold(Method::PUT, UPLOADS);
    let error = world.put(&app(&registry), &blob).await.unwrap_err();
    assert!(matches!(error, Error::RegistryUnavailable { .. }), "{error:?}");
    assert!(error.to_string().contains("i/o timeout"), "{error}");
}

#[tokio::test]
async fn a_slow_source_is_not_the_registrys_fault() {
    let world = World::on("", Names::default(), Duration::from_millis(100), false);
    let (registry, blob) =
        (ScriptedRegistry::start().await, Blob::sized(200_000).slowly(Duration::from_millis(250)));
    assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded);
}
