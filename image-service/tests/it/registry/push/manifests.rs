//! Manifests and tags.

use fixtures::{
    images::{DOCKER_MANIFEST, Image, OCI_MANIFEST},
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::{
    error::Error,
    model::{Manifest, Target},
};

use super::{
    super::world::{MANIFEST, World},
    world::{app, by_digest, manifest},
};

const MANIFESTS: &str = "/v2/team/app/manifests/*";
/// As ECR says it.
const IMMUTABLE: &str = "The image tag 'v1' already exists in the 'team/app' repository and cannot be overwritten because the repository is immutable.";

fn image(name: &str) -> Manifest {
    let image = Image::docker(name);
    manifest(&image.manifest.media_type, &image.manifest.bytes)
}

async fn registry() -> (World, ScriptedRegistry, String) {
    let registry = ScriptedRegistry::start().await;
    let name = format!("{}:v1", app(&registry));
    (World::new(), registry, name)
}

#[tokio::test]
async fn a_manifest_is_put_verbatim_with_its_type() {
    for (image, media_type) in [(Image::docker("a"), DOCKER_MANIFEST), (Image::oci("a"), OCI_MANIFEST)] {
        let (world, registry, name) = registry().await;
        let manifest = manifest(&image.manifest.media_type, &image.manifest.bytes);
        world.put_manifest(&name, &manifest, &world.anonymous()).await.unwrap();
        assert_eq!(registry.request_lines(), [format!("HEAD {MANIFEST}"), format!("PUT {MANIFEST}")]);
        let put = registry.requests().pop().unwrap();
        assert_eq!((put.headers["content-type"].to_str().unwrap(), put.body), (media_type, manifest.bytes));
    }
}

#[tokio::test]
async fn a_tag_that_points_there_already_is_left_alone() {
    let (world, registry, name) = registry().await;
    registry.push("team/app", "v1", &Image::docker("app"));
    registry.always(Method::PUT, MANIFESTS, Reply::error(400, "TAG_INVALID", IMMUTABLE));
    world.put_manifest(&name, &image("app"), &world.anonymous()).await.unwrap();
    assert_eq!(registry.count(Method::PUT, MANIFESTS), 0);
}

#[tokio::test]
async fn a_tag_that_cannot_be_moved_says_where_it_points() {
    for refusal in [
        Reply::error(400, "TAG_INVALID", IMMUTABLE),
        Reply::error(400, "ImageTagAlreadyExistsException", "no"),
        Reply::error(
            412,
            "PRECONDITION",
            "Failed to process request due to 'app:v1' configured as immutable.",
        ),
        Reply::error(409, "TAG_INVALID", "tag v1 already exists"),
    ] {
        let (world, registry, name) = registry().await;
        registry.push("team/app", "v1", &Image::docker("other"));
        registry.always(Method::PUT, MANIFESTS, refusal);
        let error = world.put_manifest(&name, &image("app"), &world.anonymous()).await.unwrap_err();
        let existing = image("other").digest.to_string();
        assert!(matches!(&error, Error::TagImmutable { existing: e, .. } if *e == existing), "{error}");
        assert!(error.to_string().starts_with("tag invalid: the tag of "), "{error}");
    }
}

#[tokio::test]
async fn two_who_put_the_same_tag_at_once_have_both_put_it() {
    let (world, registry, name) = registry().await;
    registry.push("team/app", "v1", &Image::docker("app"));
    registry.next(Method::HEAD, MANIFEST, Reply::status(404));
    registry.always(Method::PUT, MANIFESTS, Reply::error(400, "TAG_INVALID", IMMUTABLE));
    world.put_manifest(&name, &image("app"), &world.anonymous()).await.unwrap();
    assert_eq!(registry.count(Method::HEAD, MANIFEST), 2);
}

#[tokio::test]
async fn a_registry_that_gives_no_receipt_is_asked_for_the_manifest() {
    let (world, registry, name) = registry().await;
    registry.next(Method::PUT, MANIFESTS, Reply::honest().header("Docker-Content-Digest", ""));
    let manifest = image("app");
    world.put_manifest(&name, &manifest, &world.anonymous()).await.unwrap();
    assert_eq!(
        registry.requests().pop().unwrap().path,
        format!("/v2/team/app/manifests/{}", manifest.digest)
    );
}

#[tokio::test]
async fn a_website_that_says_yes_to_everything_has_no_manifest() {
    let (world, registry, name) = registry().await;
    for method in [Method::HEAD, Method::GET, Method::PUT] {
        registry.always(method, MANIFESTS, Reply::body(200, "<html>Welcome!</html>"));
    }
    for name in [name, by_digest(&app(&registry), &image("app"))] {
        let error = world.put_manifest(&name, &image("app"), &world.anonymous()).await.unwrap_err();
        assert_eq!(error.to_string(), "received unexpected HTTP status: 200 OK");
    }
}

#[tokio::test]
async fn a_receipt_for_something_else_is_no_success() {
    let (world, registry, name) = registry().await;
    let other = image("other").digest.to_string();
    registry.next(Method::PUT, MANIFESTS, Reply::status(201).header("Docker-Content-Digest", &other));
    let error = world.put_manifest(&name, &image("app"), &world.anonymous()).await.unwrap_err();
    assert!(matches!(&error, Error::ContentMismatch { found, .. } if *found == other), "{error}");
}

#[tokio::test]
async fn a_refusal_of_a_manifest_is_told_in_the_registrys_words() {
    let (world, registry, name) = registry().await;
    for (status, code, message, text) in [
        (
            400,
            "MANIFEST_BLOB_UNKNOWN",
            "blob unknown to registry",
            "manifest blob unknown: blob unknown to registry",
        ),
        (404, "BLOB_UNKNOWN", "blob unknown to registry", "blob unknown: blob unknown to registry"),
        (
            403,
            "DENIED",
            "requested access to the resource is denied",
            "denied: requested access to the resource is denied",
        ),
        (415, "UNSUPPORTED", "Invalid JSON syntax", "unsupported: Invalid JSON syntax"),
        (400, "TAG_INVALID", "manifest tag did not match URI", "tag invalid: manifest tag did not match URI"),
    ] {
        registry.next(Method::PUT, MANIFESTS, Reply::error(status, code, message));
        let error = world.put_manifest(&name, &image("app"), &world.anonymous()).await.unwrap_err();
        assert_eq!(error.to_string(), text);
    }
    registry.next(Method::PUT, MANIFESTS, Reply::error(400, "MANIFEST_INVALID", "manifest invalid"));
    let error = world.put_manifest(&name, &image("app"), &world.anonymous()).await.unwrap_err();
    assert!(matches!(error, Error::ManifestInvalid { .. }), "{error}");
    registry.next(Method::PUT, MANIFESTS, Reply::error(404, "NAME_UNKNOWN", "no such repository"));
    let error = world.put_manifest(&name, &image("app"), &world.anonymous()).await.unwrap_err();
    assert!(matches!(error, Error::RepositoryUnknown { .. }), "{error}");
}

#[tokio::test]
async fn a_registry_that_stumbles_gets_the_manifest_again() {
    let (world, registry, name) = registry().await;
    registry.next(Method::PUT, MANIFESTS, Reply::status(503));
    registry.next(Method::PUT, MANIFESTS, Reply::hangup());
    world.put_manifest(&name, &image("app"), &world.anonymous()).await.unwrap();
    assert_eq!(registry.count(Method::PUT, MANIFESTS), 3);
}

#[tokio::test]
async fn deleting_is_done_when_nothing_is_there_or_nothing_is_ever_deleted() {
    let (world, registry, _) = registry().await;
    registry.push("team/app", "v1", &Image::docker("app"));
    let digest = Target::Digest(image("app").digest);
    for reply in [Reply::honest(), Reply::honest(), Reply::status(202), Reply::status(405)] {
        registry.next(Method::DELETE, MANIFESTS, reply);
        world.delete(&app(&registry), &digest, &world.anonymous()).await.unwrap();
    }
    registry.next(Method::DELETE, MANIFESTS, Reply::error(403, "DENIED", "not yours"));
    let error = world.delete(&app(&registry), &digest, &world.anonymous()).await.unwrap_err();
    assert_eq!(error.to_string(), "denied: not yours");
}

#[tokio::test]
async fn a_tag_stays_where_only_digests_are_deleted() {
    let (world, registry, _) = registry().await;
    let tag = Target::Tag("v1".parse().unwrap());
    for reply in [Reply::status(405), Reply::error(400, "DIGEST_INVALID", "not a digest"), Reply::status(202)]
    {
        registry.next(Method::DELETE, "/v2/team/app/manifests/v1", reply);
        world.delete(&app(&registry), &tag, &world.anonymous()).await.unwrap();
    }
}
