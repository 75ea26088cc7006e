//! Against Debian's docker-registry, with each way of letting people in.

use fixtures::{
    images::Image,
    peers::{DockerRegistry, Grants, TokenServer},
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::{
    error::Error,
    ports::{Access, Placed},
};

use super::{
    super::world::World,
    world::{Blob, UPLOADS, app, by_digest, manifest, repo},
};

/// Puts an image there and reads it back, by every call there is.
async fn round_trip(world: &World, registry: &DockerRegistry, access: &Access) {
    let repository = registry.reference("team/app");
    let image = Image::docker("app");
    let (config, layer) = (Blob::of(image.config.bytes.clone()), Blob::sized(3_000_000));
    let layers = [Blob::of(image.layers[0].bytes.clone()), layer, Blob::of("")];
    for blob in layers.iter().chain([&config]) {
        assert!(!world.has(&repository, blob, access).await.unwrap());
        assert_eq!(world.put_as(&repository, blob, None, access).await.unwrap(), Placed::Uploaded);
        assert!(world.has(&repository, blob, access).await.unwrap());
        assert_eq!(world.put_as(&repository, blob, None, access).await.unwrap(), Placed::Existed);
        assert!(world.read(&repository, blob, access).await.unwrap() == blob.bytes);
        assert_eq!(blob.times_opened(), 1);
    }
    let manifest = manifest(&image.manifest.media_type, &image.manifest.bytes);
    let tag = format!("{repository}:v1");
    world.put_manifest(&by_digest(&repository, &manifest), &manifest, access).await.unwrap();
    world.put_manifest(&tag, &manifest, access).await.unwrap();
    let pulled = world.pull_as(&tag, access).await.unwrap();
    assert_eq!(
        (pulled.manifest.digest.clone(), pulled.config),
        (manifest.digest.clone(), image.config.bytes)
    );
    let by_digest = image_service::model::Target::Digest(manifest.digest.clone());
    world.delete(&repository, &by_digest, access).await.unwrap();
    world.delete(&repository, &by_digest, access).await.unwrap();
    assert!(matches!(world.failure_as(&tag, access).await.root(), Error::ManifestUnknown { .. }));
}

#[tokio::test]
async fn an_open_registry_takes_an_image_and_gives_it_back() {
    let (world, registry) = (World::new(), DockerRegistry::open().await);
    round_trip(&world, &registry, &world.anonymous()).await;
}

#[tokio::test]
async fn a_registry_with_passwords_takes_an_image_and_gives_it_back() {
    let (world, registry) = (World::new(), DockerRegistry::htpasswd(&[("alice", "s3cret")]).await);
    round_trip(&world, &registry, &world.user("alice", "s3cret")).await;
}

#[tokio::test]
async fn a_registry_with_tokens_takes_an_image_and_gives_it_back() {
    let grants =
        Grants::none().user("alice", "s3cret").allow("alice", "team/app", &["pull", "push", "delete"]);
    let tokens = TokenServer::start(grants).await;
    let (world, registry) = (World::new(), DockerRegistry::with_tokens(&tokens).await);
    round_trip(&world, &registry, &world.user("alice", "s3cret")).await;
    let scopes: Vec<_> = tokens.requests().into_iter().flat_map(|request| request.scopes).collect();
    for actions in ["pull,push", "pull", "delete"] {
        let scope = format!("repository:team/app:{actions}");
        assert_eq!(scopes.iter().filter(|asked| **asked == scope).count(), 1, "{scopes:?}");
    }
}

#[tokio::test]
async fn a_registry_with_tokens_mounts_what_it_has_elsewhere() {
    let grants = Grants::none().user("alice", "s3cret").allow("alice", "team/app", &["pull", "push"]).allow(
        "alice",
        "team/base",
        &["pull", "push"],
    );
    let tokens = TokenServer::start(grants).await;
    let (world, registry) = (World::new(), DockerRegistry::with_tokens(&tokens).await);
    let (alice, blob) = (world.user("alice", "s3cret"), Blob::sized(10));
    let (base, app) = (registry.reference("team/base"), registry.reference("team/app"));
    world.put_as(&base, &blob, None, &alice).await.unwrap();
    let placed = world.put_as(&app, &blob, Some(&base), &alice).await.unwrap();
    assert_eq!(placed, Placed::Mounted(repo(&base)));
    assert!(world.has(&app, &blob, &alice).await.unwrap());
}

#[tokio::test]
async fn a_mount_from_where_one_may_not_read_becomes_an_upload() {
    let grants = Grants::none()
        .user("alice", "s3cret")
        .user("bob", "s3cret-b")
        .allow("alice", "team/base", &["pull", "push"])
        .allow("bob", "team/app", &["pull", "push"]);
    let tokens = TokenServer::start(grants).await;
    let (world, registry) = (World::new(), DockerRegistry::with_tokens(&tokens).await);
    let (base, app, blob) =
        (registry.reference("team/base"), registry.reference("team/app"), Blob::sized(10));
    world.put_as(&base, &blob, None, &world.user("alice", "s3cret")).await.unwrap();
    let placed = world.put_as(&app, &blob, Some(&base), &world.user("bob", "s3cret-b")).await.unwrap();
    assert_eq!(placed, Placed::Uploaded);
}

/// Where a session of a registry is.
async fn session(registry: &DockerRegistry) -> String {
    let url = format!("http://{}/v2/team/app/blobs/uploads/", registry.host());
    let answer = reqwest::Client::new().post(url).send().await.unwrap();
    answer.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn docker_registry_takes_one_patch_and_several() {
    for refusals in [1, 2] {
        let (world, registry, front) =
            (World::new(), DockerRegistry::open().await, ScriptedRegistry::start().await);
        let blob = Blob::sized(9 * 1024 * 1024);
        for refusal in 0..refusals {
            front.next(Method::POST, UPLOADS, Reply::honest());
            let method = if refusal == 0 { Method::PUT } else { Method::PATCH };
            front.next(method, UPLOADS, Reply::status(413));
        }
        front.next(Method::POST, UPLOADS, Reply::redirect(202, &session(&registry).await));
        assert_eq!(world.put(&app(&front), &blob).await.unwrap(), Placed::Uploaded);
        let read = world.read(&registry.reference("team/app"), &blob, &world.anonymous()).await.unwrap();
        assert!(read == blob.bytes);
        let patches = registry.requests().await.iter().filter(|access| access.method == "PATCH").count();
        assert_eq!(patches, refusals);
    }
}
