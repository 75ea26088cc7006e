//! Where uploads go on, and where they do not go.

use fixtures::registry::{Reply, ScriptedRegistry};
use http::Method;
use image_service::{error::Error, ports::Placed};

use super::{
    super::world::{Names, World},
    world::{Blob, UPLOADS, app, kept},
};

const PATH: &str = "/v2/team/app/blobs/uploads/x?_state=a%2Bb";

#[tokio::test]
async fn every_way_to_write_a_location_leads_to_the_session() {
    let registry = ScriptedRegistry::start().await;
    registry.require_basic([("alice", "s3cret")]);
    let (host, port) = (registry.host(), registry.port());
    for (number, template) in [
        "{path}".to_owned(),
        format!("http://{host}{{path}}"),
        format!("//{host}{{path}}"),
        format!("{host}{{path}}"),
        "127.0.0.1{path}".to_owned(),
        "http://127.0.0.1{path}".to_owned(),
        format!("http://127.0.0.1:{port}{{path}}#fragment"),
    ]
    .into_iter()
    .enumerate()
    {
        let (world, blob) = (World::new(), Blob::sized(number + 1));
        registry.upload_locations(&template);
        let placed = world.put_as(&app(&registry), &blob, None, &world.user("alice", "s3cret")).await;
        assert_eq!(placed.unwrap(), Placed::Uploaded, "{template}");
        assert_eq!(kept(&registry, &blob).unwrap(), blob.bytes, "{template}");
    }
}

#[tokio::test]
async fn a_relative_location_is_relative_to_what_was_asked() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    registry.next(Method::POST, UPLOADS, Reply::redirect(202, "x?_state=a%2Bb=="));
    registry.next(Method::PUT, UPLOADS, Reply::status(201));
    world.put(&app(&registry), &blob).await.unwrap();
    let put = registry.requests().pop().unwrap();
    assert_eq!(put.path, "/v2/team/app/blobs/uploads/x");
    assert_eq!(put.query, format!("_state=a%2Bb==&digest={}", blob.digest()));
}

#[tokio::test]
async fn another_origin_gets_the_blob_and_no_authorization() {
    let (registry, store) = (ScriptedRegistry::start().await, ScriptedRegistry::start().await);
    let (world, blob) = (World::new(), Blob::sized(10));
    registry.require_basic([("alice", "s3cret")]);
    registry.upload_locations(&store.url("{path}"));
    store.always(Method::PUT, UPLOADS, Reply::status(201));
    world.put_as(&app(&registry), &blob, None, &world.user("alice", "s3cret")).await.unwrap();
    let requests = store.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!((&requests[0].body, requests[0].authorization()), (&blob.bytes, None));
}

#[tokio::test]
async fn a_stranger_does_not_lead_the_authorization_back() {
    let (registry, store) = (ScriptedRegistry::start().await, ScriptedRegistry::start().await);
    let (world, blob) = (World::new(), Blob::sized(10));
    registry.require_basic([("alice", "s3cret")]);
    registry.upload_locations(&store.url("{path}"));
    store.always(Method::PUT, UPLOADS, Reply::status(405));
    let back = registry.url("/v2/team/other/manifests/v1");
    store.always(Method::PATCH, UPLOADS, Reply::redirect(202, &back));
    world.put_as(&app(&registry), &blob, None, &world.user("alice", "s3cret")).await.unwrap_err();
    let back: Vec<_> = registry.requests().into_iter().filter(|r| r.path.contains("other")).collect();
    assert!(!back.is_empty());
    assert!(back.iter().all(|request| request.authorization().is_none()));
    assert!(store.requests().iter().all(|request| request.authorization().is_none()));
}

#[tokio::test]
async fn a_stranger_that_asks_for_a_password_gets_none() {
    let (registry, store) = (ScriptedRegistry::start().await, ScriptedRegistry::start().await);
    let (world, blob) = (World::new(), Blob::sized(10));
    registry.require_basic([("alice", "s3cret")]);
    registry.upload_locations(&store.url("{path}"));
    let asks = Reply::status(401).header("WWW-Authenticate", "Basic realm=\"x\"");
    store.always(Method::PUT, UPLOADS, asks);
    world.put_as(&app(&registry), &blob, None, &world.user("alice", "s3cret")).await.unwrap_err();
    let puts: Vec<_> = store.requests().into_iter().filter(|r| r.method == Method::PUT).collect();
    assert_eq!(puts.len(), 1);
    assert_eq!(puts[0].authorization(), None);
}

#[tokio::test]
async fn a_location_does_not_lead_into_the_network_of_this_service() {
    for (location, names) in [
        (format!("http://169.254.170.2{PATH}"), Names::default()),
        (format!("http://[::ffff:a9fe:a9fe]{PATH}"), Names::default()),
        (format!("http://store.example{PATH}"), Names::of([("store.example", &["10.0.0.1"][..])])),
        (format!("http://store.example{PATH}"), Names::of([("store.example", &["169.254.169.254"][..])])),
        (format!("http://user:secret@127.0.0.1{PATH}"), Names::default()),
        ("file:///etc/passwd".to_owned(), Names::default()),
    ] {
        let (registry, blob) = (ScriptedRegistry::start().await, Blob::sized(10));
        let world = World::with("", names);
        registry.always(Method::POST, UPLOADS, Reply::redirect(202, &location));
        let error = world.put(&app(&registry), &blob).await.unwrap_err();
        assert!(matches!(error.root(), Error::TargetRefused { .. }), "{location}: {error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn a_location_without_encryption_is_refused_by_a_client_that_had_it() {
    let (registry, blob) = (ScriptedRegistry::start_tls().await, Blob::sized(10));
    let authority = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(authority.path(), registry.certificate()).unwrap();
    let config = format!("[registries.'{}']\nca_file = {:?}", registry.host(), authority.path());
    let world = World::configured(&config);
    world.put(&app(&registry), &blob).await.unwrap();
    let blob = Blob::sized(11);
    registry.upload_locations(&format!("http://{}{{path}}", registry.host()));
    let error = world.put(&app(&registry), &blob).await.unwrap_err();
    assert!(matches!(error.root(), Error::TargetRefused { .. }), "{error}");
}

#[tokio::test]
async fn a_redirect_within_the_registry_gets_the_blob_again() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(200_000));
    registry.require_basic([("alice", "s3cret")]);
    registry.next(Method::PUT, UPLOADS, Reply::redirect(307, "/moved?x=1"));
    registry.next(Method::PUT, "/moved", Reply::status(201));
    world.put_as(&app(&registry), &blob, None, &world.user("alice", "s3cret")).await.unwrap();
    let put = registry.requests().pop().unwrap();
    assert_eq!(
        (put.path.as_str(), put.query.as_str(), put.body.clone()),
        ("/moved", "x=1", blob.bytes.clone())
    );
    assert!(put.authorization().is_some());
}

#[tokio::test]
async fn a_redirect_of_a_write_to_another_origin_is_refused() {
    for method in [Method::POST, Method::PUT] {
        let (registry, store) = (ScriptedRegistry::start().await, ScriptedRegistry::start().await);
        let (world, blob) = (World::new(), Blob::sized(10));
        registry.always(method.clone(), UPLOADS, Reply::redirect(307, &store.url("/store")));
        let error = world.put(&app(&registry), &blob).await.unwrap_err();
        assert!(matches!(error.root(), Error::TargetRefused { .. }), "{method}: {error}");
        assert!(store.requests().is_empty());
    }
}

#[tokio::test]
async fn a_redirect_that_would_make_a_get_of_a_put_is_no_success() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    registry.always(Method::PUT, UPLOADS, Reply::redirect(303, "/welcome"));
    let error = world.put(&app(&registry), &blob).await.unwrap_err();
    assert_eq!(error.to_string(), "received unexpected HTTP status: 303 See Other");
    assert_eq!(registry.count(Method::GET, "/welcome"), 0);
}
