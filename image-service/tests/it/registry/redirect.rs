//! Configs come from blob stores elsewhere; what authorises stays at home.

use fixtures::{
    images::Image,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::error::Error;

use super::world::{MANIFEST, World, app};

const BLOBS: &str = "/v2/team/app/blobs/*";

/// A registry with Basic, and a store beside it that has the config at `/store`.
async fn registry_and_store(status: u16) -> (ScriptedRegistry, ScriptedRegistry, Image) {
    let (registry, store) = (ScriptedRegistry::start().await, ScriptedRegistry::start().await);
    let image = Image::docker("app");
    registry.push("team/app", "v1", &image);
    registry.require_basic([("alice", "s3cret")]);
    store.always(Method::GET, "/store", Reply::body(200, image.config.bytes.clone()));
    registry.always(
        Method::GET,
        BLOBS,
        Reply::redirect(status, &store.url("/store?X-Amz-Signature=c2lnbmF0dXJl")),
    );
    (registry, store, image)
}

#[tokio::test]
async fn a_config_may_come_from_another_origin_which_gets_no_authorization() {
    for status in [301, 302, 303, 307, 308] {
        let (world, (registry, store, image)) = (World::new(), registry_and_store(status).await);
        let resolved = world.pull_as(&app(&registry), &world.user("alice", "s3cret")).await.unwrap();
        assert_eq!(resolved.config, image.config.bytes);
        let requests = store.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].query, "X-Amz-Signature=c2lnbmF0dXJl");
        for header in ["authorization", "cookie", "referer"] {
            assert!(!requests[0].headers.contains_key(header), "{header}");
        }
    }
}

#[tokio::test]
async fn a_redirect_within_the_registry_keeps_the_authorization() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    registry.push("team/app", "v1", &Image::docker("app"));
    registry.push("team/moved", "v1", &Image::docker("app"));
    registry.require_basic([("alice", "s3cret")]);
    registry.always(Method::GET, MANIFEST, Reply::redirect(307, "/v2/team/moved/manifests/v1"));
    world.pull_as(&app(&registry), &world.user("alice", "s3cret")).await.unwrap();
    let moved = registry.requests().into_iter().filter(|r| r.path.contains("moved")).collect::<Vec<_>>();
    assert!(moved.last().unwrap().authorization().is_some());
}

#[tokio::test]
async fn an_authorization_that_was_dropped_does_not_come_back() {
    let (world, (registry, store, image)) = (World::new(), registry_and_store(307).await);
    store.behave();
    store.always(Method::GET, "/store", Reply::redirect(307, &registry.url("/back")));
    registry.always(Method::GET, "/back", Reply::body(200, image.config.bytes));
    world.pull_as(&app(&registry), &world.user("alice", "s3cret")).await.unwrap();
    let back = registry.requests().into_iter().find(|request| request.path == "/back").unwrap();
    assert_eq!(back.authorization(), None);
}

#[tokio::test]
async fn a_stranger_that_asks_for_a_password_gets_none() {
    let (world, (registry, store, _)) = (World::new(), registry_and_store(307).await);
    store.behave();
    store.always(Method::GET, "/store", Reply::status(401).header("WWW-Authenticate", "Basic realm=\"x\""));
    world.failure_as(&app(&registry), &world.user("alice", "s3cret")).await;
    assert!(store.requests().iter().all(|request| request.authorization().is_none()));
    assert_eq!(store.requests().len(), 1);
}

#[tokio::test]
async fn redirects_end() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    registry.always(Method::GET, MANIFEST, Reply::redirect(307, MANIFEST));
    let error = world.failure(&app(&registry)).await;
    let text = format!("Get \"{}\": stopped after too many redirects", registry.url(MANIFEST));
    assert_eq!(error.to_string(), text);
    assert_eq!(registry.requests().len(), 9, "the request and eight hops");
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_an_unexpected_status() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    registry.always(Method::GET, MANIFEST, Reply::status(307));
    let error = world.failure(&app(&registry)).await;
    assert_eq!(error.to_string(), "received unexpected HTTP status: 307 Temporary Redirect");
}

#[tokio::test]
async fn a_head_is_redirected_too() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = Image::docker("app");
    registry.push("team/moved", "v1", &image);
    registry.always(Method::HEAD, MANIFEST, Reply::redirect(307, "/v2/team/moved/manifests/v1"));
    assert_eq!(world.probe(&app(&registry)).await.unwrap(), Some(image.manifest.digest()));
}

#[tokio::test]
async fn no_error_shows_a_signed_url_or_what_a_store_says() {
    for reply in [
        Reply::body(403, "<Error><Signature>c2lnbmF0dXJl</Signature></Error>"),
        Reply::body(404, "<Error><Signature>c2lnbmF0dXJl</Signature></Error>"),
        Reply::hangup(),
        Reply::redirect(307, "http://169.254.169.254/?X-Amz-Signature=c2lnbmF0dXJl"),
    ] {
        let (world, (registry, store, _)) = (World::new(), registry_and_store(307).await);
        store.behave();
        store.always(Method::GET, "/store", reply);
        let error = world.failure_as(&app(&registry), &world.user("alice", "s3cret")).await;
        assert!(!format!("{error} {error:?}").contains("c2lnbmF0dXJl"), "{error:?}");
    }
}

#[tokio::test]
async fn a_link_that_ran_out_is_asked_for_again_once() {
    let (world, (registry, store, _)) = (World::new(), registry_and_store(307).await);
    store.behave();
    store.next(Method::GET, "/store", Reply::status(403));
    let image = Image::docker("app");
    store.always(Method::GET, "/store", Reply::body(200, image.config.bytes));
    world.pull_as(&app(&registry), &world.user("alice", "s3cret")).await.unwrap();
    assert_eq!(store.requests().len(), 2);
    store.behave();
    store.forget_requests();
    store.always(Method::GET, "/store", Reply::status(403));
    let error = world.failure_as(&app(&registry), &world.user("alice", "s3cret")).await;
    assert!(matches!(error.root(), Error::RegistryProtocol { .. } | Error::Denied { .. }), "{error}");
    assert_eq!(store.requests().len(), 2);
}
