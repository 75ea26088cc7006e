//! A blob gets into a repository by the cheapest way there is.

use fixtures::registry::{Reply, ScriptedRegistry};
use http::Method;
use image_service::{error::Error, ports::Placed};

use super::{
    super::world::World,
    world::{Blob, UPLOADS, app, kept, repo, writes},
};

const MOUNTS: &str = "/v2/team/app/blobs/uploads/";

/// A registry that has a blob in `team/base`.
async fn with_base(blob: &Blob) -> ScriptedRegistry {
    let registry = ScriptedRegistry::start().await;
    registry.put_blob("team/base", &fixtures::images::Content::of("", blob.bytes.clone()));
    registry
}

#[tokio::test]
async fn a_blob_that_is_there_is_neither_read_nor_sent() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    registry.put_blob("team/app", &fixtures::images::Content::of("", blob.bytes.clone()));
    assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Existed);
    assert_eq!((registry.requests().len(), blob.times_opened()), (1, 0));
}

#[tokio::test]
async fn a_blob_is_uploaded_by_one_post_and_one_put_with_its_length() {
    for size in [0, 1, 200_000] {
        let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(size));
        assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded);
        assert!(kept(&registry, &blob).unwrap() == blob.bytes);
        assert_eq!(writes(&registry), ["POST blobs/uploads/", "PUT session 1"]);
        let lengths: Vec<_> = registry.requests()[1..]
            .iter()
            .map(|request| request.headers["content-length"].to_str().unwrap().to_owned())
            .collect();
        assert_eq!(lengths, ["0".to_owned(), size.to_string()]);
        assert!(registry.requests().iter().all(|request| !request.headers.contains_key("transfer-encoding")));
    }
}

#[tokio::test]
async fn a_repository_that_cannot_be_seen_yet_is_written_to() {
    for status in [401, 403, 404, 405] {
        let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
        registry.always(Method::HEAD, "/v2/team/app/blobs/*", Reply::status(status));
        assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded, "{status}");
    }
}

#[tokio::test]
async fn a_website_that_says_yes_to_everything_has_no_blob() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    let page = || Reply::body(200, "<html>Welcome!</html>").header("Content-Type", "text/html");
    for method in [Method::HEAD, Method::POST, Method::PUT] {
        registry.always(method, "/v2/*", page());
    }
    let error = world.put(&app(&registry), &blob).await.unwrap_err();
    assert_eq!(error.to_string(), "received unexpected HTTP status: 200 OK");
    assert!(!world.has(&app(&registry), &blob, &world.anonymous()).await.unwrap());
    registry.behave();
    registry.next(Method::PUT, UPLOADS, page());
    let error = world.put(&app(&registry), &blob).await.unwrap_err();
    assert_eq!(error.to_string(), "received unexpected HTTP status: 200 OK");
}

#[tokio::test]
async fn a_head_that_tells_of_something_else_does_not_count() {
    for (name, value) in [
        ("Content-Length", "11"),
        ("Docker-Content-Digest", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ] {
        let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
        registry.next(Method::HEAD, "/v2/*", Reply::status(200).header(name, value));
        assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded, "{name}");
    }
}

#[tokio::test]
async fn success_in_other_words_is_believed_once_the_blob_can_be_seen() {
    for status in [200, 202, 204] {
        let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
        registry.next(Method::PUT, UPLOADS, Reply::status(status));
        registry.next(Method::HEAD, "/v2/*", Reply::status(404));
        let seen = Reply::status(200).header("Docker-Content-Digest", &blob.digest().to_string());
        registry.next(Method::HEAD, "/v2/*", seen);
        assert_eq!(world.put(&app(&registry), &blob).await.unwrap(), Placed::Uploaded, "{status}");
    }
}

#[tokio::test]
async fn a_mount_saves_the_upload() {
    let blob = Blob::sized(10);
    let (world, registry) = (World::new(), with_base(&blob).await);
    registry.require_bearer([("alice", "s3cret")]);
    let from = format!("{}/team/base", registry.host());
    let placed = world.put_as(&app(&registry), &blob, Some(&from), &world.user("alice", "s3cret")).await;
    assert_eq!(placed.unwrap(), Placed::Mounted(repo(&from)));
    assert_eq!((kept(&registry, &blob).unwrap(), blob.times_opened()), (blob.bytes.clone(), 0));
    let mount = registry.requests().into_iter().rfind(|request| request.method == Method::POST).unwrap();
    let digest = blob.digest().to_string().replace(':', "%3A");
    assert_eq!(mount.query, format!("mount={digest}&from=team%2Fbase"));
    let asked: Vec<_> = registry.requests().into_iter().filter(|request| request.path == "/token").collect();
    let scopes = "scope=repository%3Ateam%2Fapp%3Apull%2Cpush&scope=repository%3Ateam%2Fbase%3Apull";
    assert!(asked.last().unwrap().query.contains(scopes), "{asked:?}");
}

#[tokio::test]
async fn a_mount_that_does_not_happen_goes_on_as_the_upload_it_has_become() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    let from = format!("{}/team/base", registry.host());
    let placed = world.put_as(&app(&registry), &blob, Some(&from), &world.anonymous()).await;
    assert_eq!(placed.unwrap(), Placed::Uploaded);
    assert_eq!(writes(&registry), ["POST blobs/uploads/", "PUT session 1"]);
}

#[tokio::test]
async fn a_mount_that_is_refused_is_followed_by_a_plain_upload() {
    for status in [401, 403, 404, 400, 405] {
        let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
        registry.next(Method::POST, MOUNTS, Reply::status(status));
        let from = format!("{}/team/base", registry.host());
        let placed = world.put_as(&app(&registry), &blob, Some(&from), &world.anonymous()).await;
        assert_eq!(placed.unwrap(), Placed::Uploaded, "{status}");
        let posts = registry.requests().into_iter().filter(|request| request.method == Method::POST);
        assert_eq!(posts.last().unwrap().query, "", "{status}");
    }
}

#[tokio::test]
async fn nothing_is_mounted_from_another_registry() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    world.put_as(&app(&registry), &blob, Some("ghcr.io/team/base"), &world.anonymous()).await.unwrap();
    assert!(registry.requests().iter().all(|request| request.query != "mount"));
    assert_eq!(writes(&registry), ["POST blobs/uploads/", "PUT session 1"]);
}

#[tokio::test]
async fn a_look_at_a_blob_says_what_hinders_it() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    registry.require_basic([("alice", "s3cret")]);
    let error = world.has(&app(&registry), &blob, &world.anonymous()).await.unwrap_err();
    let url = registry.url(&format!("/v2/team/app/blobs/{}", blob.digest()));
    assert_eq!(error.to_string(), format!("Head {url:?}: no basic auth credentials"));
    let error = world.has(&app(&registry), &blob, &world.user("alice", "s3cret-wrong")).await.unwrap_err();
    assert!(matches!(error, Error::CredentialsRejected { .. }), "{error}");
    assert!(!world.has(&app(&registry), &blob, &world.user("alice", "s3cret")).await.unwrap());
}
