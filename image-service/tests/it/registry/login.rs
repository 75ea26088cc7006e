//! Trying a credential.

use fixtures::registry::ScriptedRegistry;
use http::Method;
use image_service::{
    error::Error,
    model::{Credential, RegistryHost},
    ports::{Access, Registry as _},
};
use serde_json::json;

use super::world::{World, app, multi_platform as registry};

const TOKEN: &str = "/token";

async fn login(world: &World, registry: &ScriptedRegistry, access: &Access) -> Result<Option<String>, Error> {
    let host: RegistryHost = registry.host().parse().unwrap();
    world.client.check(&host, access).await
}

#[tokio::test]
async fn a_login_is_tried_at_the_registry_and_never_answered_from_memory() {
    for bearer in [true, false] {
        let (world, registry) = (World::new(), registry().await);
        match bearer {
            true => registry.require_bearer([("alice", "s3cret")]),
            false => registry.require_basic([("alice", "s3cret")]),
        }
        let alice = world.user("alice", "s3cret");
        assert_eq!(login(&world, &registry, &alice).await.unwrap(), None);
        registry.require_bearer([("alice", "s3cret-changed")]);
        let error = login(&world, &registry, &alice).await.unwrap_err();
        assert!(matches!(error.root(), Error::CredentialsRejected { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_login_asks_anew_what_the_registry_wants_and_remembers_that() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    world.pull(&app(&registry)).await.unwrap();
    registry.require_basic([("alice", "s3cret")]);
    registry.forget_requests();
    let alice = world.user("alice", "s3cret");
    assert_eq!(login(&world, &registry, &alice).await.unwrap(), None);
    world.pull_as(&app(&registry), &alice).await.unwrap();
    assert_eq!(registry.count(Method::GET, TOKEN), 0);
    assert_eq!(registry.requests().len(), 5, "ping, login, index, manifest, config");
}

#[tokio::test]
async fn a_registry_token_that_cannot_be_sent_is_never_anonymity_instead() {
    let (world, registry) = (World::new(), registry().await);
    let access = world.access(Some(Credential::RegistryToken("a\nb".into())));
    let errors = [
        login(&world, &registry, &access).await.unwrap_err(),
        world.failure_as(&app(&registry), &access).await,
    ];
    for error in errors {
        assert!(matches!(error.root(), Error::Argument(_)), "{error}");
    }
    assert!(registry.requests().is_empty());
}

#[tokio::test]
async fn a_login_without_success_says_what_was_tried() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_basic([("alice", "s3cret")]);
    let error = login(&world, &registry, &world.user("alice", "s3cret-guess")).await.unwrap_err();
    let url = registry.url("/v2/");
    assert_eq!(
        error.to_string(),
        format!("unauthorized: login attempt to {url} failed with status: 401 Unauthorized")
    );
    for access in [world.anonymous(), world.user("", "")] {
        let error = login(&world, &registry, &access).await.unwrap_err();
        assert_eq!(error.to_string(), format!("Get \"{url}\": no basic auth credentials"));
    }
    registry.require_bearer([("alice", "s3cret")]);
    let error = login(&World::new(), &registry, &world.user("alice", "s3cret-guess")).await.unwrap_err();
    assert_eq!(error.to_string(), "unauthorized: incorrect username or password");
}

#[tokio::test]
async fn a_registry_that_needs_no_login_takes_any() {
    let (world, registry) = (World::new(), registry().await);
    assert_eq!(login(&world, &registry, &world.user("any", "one")).await.unwrap(), None);
    assert_eq!(registry.request_lines(), ["GET /v2/"]);
    assert_eq!(registry.requests()[0].authorization(), None, "nobody asked for it");
}

#[tokio::test]
async fn an_identity_token_that_the_registry_offers_is_passed_on_and_none_is_asked_for() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([("alice", "s3cret")]);
    registry.token_answer(json!({"refresh_token": "s3cret-for-later"}));
    let token = login(&world, &registry, &world.user("alice", "s3cret")).await.unwrap();
    assert_eq!(token.as_deref(), Some("s3cret-for-later"));
    let requests = registry.requests();
    let asked = requests.iter().find(|request| request.path == TOKEN).unwrap();
    assert_eq!(asked.query, "service=registry.test&account=alice");
}
