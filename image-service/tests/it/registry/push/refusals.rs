//! Who may not push, and where nothing can be pushed to: in the words that `docker push` has for it.

use fixtures::{
    peers::{DockerRegistry, Grants, TokenServer},
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::error::Error;

use super::{
    super::world::World,
    world::{Blob, UPLOADS, app},
};

#[tokio::test]
async fn a_repository_that_does_not_exist_is_told_from_one_that_is_forbidden() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    let words = "The repository with name 'team/app' does not exist in the registry with id '123456789012'";
    for reply in
        [Reply::error(404, "NAME_UNKNOWN", words), Reply::error(404, "NOT_FOUND", words), Reply::status(404)]
    {
        registry.next(Method::POST, UPLOADS, reply);
        let error = world.put(&app(&registry), &blob).await.unwrap_err();
        assert!(matches!(error, Error::RepositoryUnknown { .. }), "{error}");
    }
    assert_eq!(blob.times_opened(), 0);
}

#[tokio::test]
async fn who_has_no_password_is_asked_for_one() {
    let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
    registry.require_basic([("alice", "s3cret")]);
    let error = world.put(&app(&registry), &blob).await.unwrap_err();
    assert!(matches!(error, Error::CredentialsRequired { .. }), "{error:?}");
    assert!(error.to_string().ends_with(": no basic auth credentials"), "{error}");
}

#[tokio::test]
async fn a_refusal_of_an_upload_is_told_in_the_words_of_a_push() {
    for (status, code, text) in [
        (401, "UNAUTHORIZED", "unauthorized: the registry's words"),
        (401, "DENIED", "denied: requested access to the resource is denied"),
        (403, "DENIED", "denied: the registry's words"),
        (403, "UNAUTHORIZED", "denied: the registry's words"),
        (400, "UNSUPPORTED", "unsupported: the registry's words"),
        (507, "", "received unexpected HTTP status: 507 Insufficient Storage"),
    ] {
        for method in [Method::POST, Method::PUT] {
            let (world, registry, blob) = (World::new(), ScriptedRegistry::start().await, Blob::sized(10));
            registry.always(method.clone(), UPLOADS, Reply::error(status, code, "the registry's words"));
            let error = world.put(&app(&registry), &blob).await.unwrap_err();
            assert_eq!(error.to_string(), text, "{method}");
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_rejected() {
    let registry = DockerRegistry::htpasswd(&[("alice", "s3cret")]).await;
    let (world, blob) = (World::new(), Blob::sized(10));
    let repository = registry.reference("team/app");
    let error =
        world.put_as(&repository, &blob, None, &world.user("alice", "s3cret-wrong")).await.unwrap_err();
    assert_eq!(error.to_string(), "unauthorized: authentication required");
}

#[tokio::test]
async fn who_may_only_pull_may_not_push() {
    let grants = Grants::none().user("bob", "s3cret-b").allow("bob", "team/app", &["pull"]);
    let tokens = TokenServer::start(grants).await;
    let registry = DockerRegistry::with_tokens(&tokens).await;
    let (world, blob) = (World::new(), Blob::sized(10));
    let repository = registry.reference("team/app");
    let error = world.put_as(&repository, &blob, None, &world.user("bob", "s3cret-b")).await.unwrap_err();
    assert_eq!(error.to_string(), "denied: requested access to the resource is denied");
    assert!(matches!(error, Error::Denied { .. }), "{error:?}");
    let error = world.put_as(&repository, &blob, None, &world.user("bob", "s3cret-wrong")).await.unwrap_err();
    assert!(error.to_string().starts_with("unauthorized: "), "{error}");
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_named_with_the_request() {
    let (world, blob) = (World::new(), Blob::sized(10));
    let error = world.put("127.0.0.1:1/team/app", &blob).await.unwrap_err();
    let digest = blob.digest();
    let text = format!(
        "Head \"http://127.0.0.1:1/v2/team/app/blobs/{digest}\": dial tcp 127.0.0.1:1: connect: connection refused"
    );
    assert_eq!(error.to_string(), text);
}
