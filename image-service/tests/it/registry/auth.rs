//! Challenges and passwords: who gets what.

use fixtures::{
    images::Image,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::{error::Error, model::Credential};
use serde_json::json;

use super::world::{MANIFEST, Names, World, app, multi_platform as registry, named};

const TOKEN: &str = "/token";

#[tokio::test]
async fn the_realm_of_docker_hub_is_known_beforehand_unless_its_endpoint_is_another() {
    // Neither host may be dialled under these names, so the first that is refused is the first that was asked.
    let names =
        || Names::of(["auth.docker.io", "registry-1.docker.io"].map(|name| (name, &["169.254.0.1"][..])));
    let error = World::with("", names()).failure("nginx").await;
    assert!(
        matches!(error.root(), Error::TargetRefused { target, .. } if target == "auth.docker.io"),
        "{error}"
    );
    let registry = ScriptedRegistry::start().await;
    registry.push("library/nginx", "latest", &Image::docker("nginx"));
    let config = format!("[registries.'docker.io']\nendpoint = '{}'", registry.url(""));
    World::with(&config, names()).pull("nginx").await.unwrap();
    assert_eq!(registry.request_lines()[0], "GET /v2/library/nginx/manifests/latest");
}

#[tokio::test]
async fn two_challenges_in_one_line_are_told_apart_and_bearer_is_answered() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([("alice", "s3cret")]);
    let both =
        format!("Basic realm=\"x, y\", Bearer realm=\"{}\",service=\"registry.test\"", registry.url(TOKEN));
    registry.next(Method::GET, MANIFEST, Reply::status(401).header("WWW-Authenticate", &both));
    world.pull_as(&app(&registry), &world.user("alice", "s3cret")).await.unwrap();
    assert_eq!(registry.count(Method::GET, TOKEN), 1);
}

#[tokio::test]
async fn the_scopes_that_a_request_is_challenged_with_are_the_ones_asked_for() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    let scope = "repository:team/app:pull repository:base:pull";
    let challenge = format!("Bearer realm=\"{}\",service=\"s\",scope=\"{scope}\"", registry.url(TOKEN));
    registry.next(Method::GET, MANIFEST, Reply::status(401).header("WWW-Authenticate", &challenge));
    world.pull(&app(&registry)).await.unwrap();
    assert!(
        registry.requests()[1]
            .query
            .ends_with("scope=repository%3Ateam%2Fapp%3Apull&scope=repository%3Abase%3Apull")
    );
}

#[tokio::test]
async fn a_401_without_a_challenge_is_explained_by_a_ping_whose_scope_is_a_placeholder() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    registry.next(Method::GET, MANIFEST, Reply::status(401));
    let placeholder = format!(
        "Bearer realm=\"{}\",service=\"s\",scope=\"repository:user/image:pull\"",
        registry.url(TOKEN)
    );
    registry.next(Method::GET, "/v2/", Reply::status(401).header("WWW-Authenticate", &placeholder));
    world.pull(&app(&registry)).await.unwrap();
    assert_eq!(
        registry.request_lines()[..3],
        [format!("GET {MANIFEST}"), "GET /v2/".into(), "GET /token".into()]
    );
    assert!(registry.requests()[2].query.ends_with("scope=repository%3Ateam%2Fapp%3Apull"));
}

#[tokio::test]
async fn a_401_that_no_ping_explains_is_denied_or_not_found() {
    let (world, registry) = (World::new(), registry().await);
    registry.always(Method::GET, MANIFEST, Reply::status(401));
    let error = world.failure(&app(&registry)).await;
    assert!(matches!(error.root(), Error::DeniedOrNotFound { .. }), "{error}");
    assert_eq!(registry.requests().len(), 2);
}

#[tokio::test]
async fn a_registry_that_lets_everyone_ping_may_still_challenge_for_a_repository() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([("alice", "s3cret")]);
    registry.always(Method::GET, "/v2/", Reply::json(200, &json!({})));
    world.pull_as(&app(&registry), &world.user("alice", "s3cret")).await.unwrap();
}

#[tokio::test]
async fn basic_is_sent_beforehand_only_to_a_registry_that_asked_for_it() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_basic([("alice", "s3cret")]);
    let alice = world.user("alice", "s3cret");
    world.pull_as(&app(&registry), &alice).await.unwrap();
    let authorized: Vec<_> = registry.requests().iter().map(|r| r.authorization().is_some()).collect();
    assert_eq!(authorized, [false, true, true, true]);
    registry.forget_requests();
    world.pull_as(&app(&registry), &alice).await.unwrap();
    assert_eq!(registry.requests().len(), 3);
}

#[tokio::test]
async fn an_identity_token_is_never_sent_as_a_password() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_basic([("alice", "s3cret")]);
    world.pull_as(&app(&registry), &world.user("alice", "s3cret")).await.unwrap();
    registry.forget_requests();
    let identity = Credential::IdentityToken { username: "alice".into(), token: "s3cret".into() };
    let error = world.failure_as(&app(&registry), &world.access(Some(identity))).await;
    assert!(matches!(error.root(), Error::CredentialsRequired { .. }), "{error}");
    assert!(registry.requests().iter().all(|request| request.authorization().is_none()));
}

#[tokio::test]
async fn a_basic_challenge_without_credentials_is_told_as_docker_tells_it() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_basic([("alice", "s3cret")]);
    for _ in 0..2 {
        let error = world.failure(&app(&registry)).await;
        let text = format!("Head \"{}\": no basic auth credentials", registry.url(MANIFEST));
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(registry.requests().len(), 2);
}

#[tokio::test]
async fn a_wrong_password_is_an_error_and_no_anonymous_access() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_basic([("alice", "s3cret")]);
    let error = world.failure_as(&app(&registry), &world.user("alice", "s3cret-guess")).await;
    assert_eq!(error.to_string(), "unauthorized: authentication required");
    assert!(matches!(error.root(), Error::CredentialsRejected { .. }));
}

#[tokio::test]
async fn no_secret_is_in_an_error() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_basic([("alice", "s3cret-other")]);
    let error = world.failure_as(&app(&registry), &world.user("alice", "hunter2")).await;
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    let repository = named(&app(&registry)).0;
    assert!(!format!("{:?} {repository}", world.client).contains("hunter2"));
}

#[tokio::test]
async fn a_registry_that_repeats_the_secret_does_not_get_it_into_an_error() {
    for basic in [true, false] {
        let (world, registry) = (World::new(), registry().await);
        match basic {
            true => registry.require_basic([("alice", "s3cret-other")]),
            false => registry.require_bearer([("alice", "hunter2")]),
        }
        let alice = world.user("alice", "hunter2");
        world.pull_as(&app(&registry), &alice).await.ok();
        for echo in ["password hunter2", "Basic YWxpY2U6aHVudGVyMg==", "Bearer pl4nted-token-1"] {
            registry.behave();
            registry.always(Method::GET, MANIFEST, Reply::error(403, "FORBIDDEN", echo));
            let error = world.failure_as(&app(&registry), &alice).await;
            let text = format!("{error} {error:?}");
            let sent = if basic { "YWxpY2U6aHVudGVyMg==" } else { "pl4nted-token-1" };
            assert!(!text.contains("hunter2") && !text.contains(sent), "{text}");
        }
    }
}

#[tokio::test]
async fn a_token_endpoint_that_repeats_the_secret_does_not_get_it_into_an_error() {
    let identity = Credential::IdentityToken { username: "alice".into(), token: "hunter2/+".into() };
    let password = Credential::Password { username: "alice".into(), password: "hunter2/+".into() };
    let (basic, form) = ("Basic YWxpY2U6aHVudGVyMi8r", "refresh_token=hunter2%2F%2B");
    for (method, credential, sent) in [(Method::POST, identity, form), (Method::GET, password, basic)] {
        for echo in ["no hunter2/+ here", sent] {
            for status in [401, 403, 429] {
                let (world, registry) = (World::new(), registry().await);
                registry.require_bearer([("alice", "s3cret-other")]);
                registry.always(method.clone(), TOKEN, Reply::json(status, &json!({"details": echo})));
                let access = world.access(Some(credential.clone()));
                let error = world.failure_as(&app(&registry), &access).await;
                let text = format!("{error} {error:?}");
                assert!(!text.contains("hunter2") && !text.contains(basic), "{text}");
            }
        }
    }
}
