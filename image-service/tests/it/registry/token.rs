//! Tokens: asked for once, kept while they live, given to nobody else.

use fixtures::{images::Image, registry::Reply};
use http::Method;
use image_service::{error::Error, model::Credential};
use serde_json::json;

use super::world::{MANIFEST, World, app, multi_platform as registry};

const TOKEN: &str = "/token";

#[tokio::test]
async fn the_realm_is_learnt_once_and_the_token_kept() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    world.pull(&app(&registry)).await.unwrap();
    assert_eq!(registry.requests().len(), 5, "challenge, token, index, manifest, config");
    assert_eq!(registry.requests()[1].query, "service=registry.test&scope=repository%3Ateam%2Fapp%3Apull");
    registry.forget_requests();
    world.pull(&app(&registry)).await.unwrap();
    assert_eq!(registry.requests().len(), 3, "index, manifest, config");
    assert_eq!(registry.count(Method::GET, "/v2/"), 0, "nobody pings");
}

#[tokio::test]
async fn a_known_realm_saves_the_challenge_for_another_repository() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    registry.push("team/other", "v1", &Image::docker("other"));
    world.pull(&app(&registry)).await.unwrap();
    registry.forget_requests();
    world.pull(&format!("{}/team/other:v1", registry.host())).await.unwrap();
    let lines = registry.request_lines();
    assert_eq!(lines[..2], ["GET /token", "GET /v2/team/other/manifests/v1"]);
    assert_eq!(lines.len(), 3);
}

#[tokio::test]
async fn a_token_belongs_to_the_credential_it_was_asked_for_with() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([("alice", "s3cret"), ("bob", "hunter2")]);
    world.pull_as(&app(&registry), &world.user("alice", "s3cret")).await.unwrap();
    assert!(matches!(world.failure(&app(&registry)).await.root(), Error::DeniedOrNotFound { .. }));
    let wrong = world.failure_as(&app(&registry), &world.user("alice", "s3cret-guess")).await;
    assert_eq!(wrong.to_string(), "unauthorized: incorrect username or password");
    assert!(matches!(wrong.root(), Error::CredentialsRejected { .. }));
    world.pull_as(&app(&registry), &world.user("bob", "hunter2")).await.unwrap();
    assert_eq!(registry.count(Method::GET, TOKEN), 4);
}

#[tokio::test]
async fn a_token_that_ran_out_is_dropped_and_asked_for_once_more() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    world.pull(&app(&registry)).await.unwrap();
    registry.revoke_tokens();
    registry.forget_requests();
    world.pull(&app(&registry)).await.unwrap();
    assert_eq!(registry.requests().len(), 5, "refusal, token, index, manifest, config");
}

#[tokio::test]
async fn a_kept_token_that_is_refused_without_a_word_is_replaced_too() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    world.pull(&app(&registry)).await.unwrap();
    registry.forget_requests();
    registry.next(Method::GET, MANIFEST, Reply::status(401));
    world.pull(&app(&registry)).await.unwrap();
    assert_eq!(registry.count(Method::GET, TOKEN), 1);
    assert_eq!(registry.count(Method::GET, MANIFEST), 2);
}

#[tokio::test]
async fn no_token_is_in_what_a_client_shows_of_itself() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([("alice", "s3cret")]);
    registry.token_answer(json!({"refresh_token": "s3cret-for-later"}));
    world.pull_as(&app(&registry), &world.user("alice", "s3cret")).await.unwrap();
    let shown = format!("{:?}", world.client);
    for secret in ["pl4nted-token-1", "s3cret-for-later", "s3cret", "YWxpY2U6czNjcmV0"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_token_that_runs_out_between_two_requests_of_a_pull_is_replaced() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    let gate = registry.hold(Method::GET, "/v2/team/app/blobs/*");
    let name = app(&registry);
    let (pulled, ()) = tokio::join!(world.pull(&name), async {
        gate.reached().await;
        registry.revoke_tokens();
        gate.release();
    });
    pulled.unwrap();
    assert_eq!(registry.count(Method::GET, TOKEN), 2);
}

#[tokio::test]
async fn a_registry_that_never_takes_its_own_tokens_is_left_after_one_retry() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    let challenge = format!("Bearer realm=\"{}\",service=\"registry.test\"", registry.url(TOKEN));
    registry.always(Method::GET, MANIFEST, Reply::status(401).header("WWW-Authenticate", &challenge));
    assert!(matches!(world.failure(&app(&registry)).await.root(), Error::DeniedOrNotFound { .. }));
    assert_eq!(
        registry.request_lines(),
        [format!("GET {MANIFEST}"), "GET /token".into(), format!("GET {MANIFEST}")]
    );
    registry.forget_requests();
    world.failure(&app(&registry)).await;
    assert!(registry.requests().len() <= 4, "{:?}", registry.request_lines());
}

#[tokio::test]
async fn fifty_pulls_at_once_ask_for_one_token() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    world.pull(&app(&registry)).await.unwrap();
    registry.push("team/other", "v1", &Image::docker("other"));
    registry.forget_requests();
    let gate = registry.hold(Method::GET, TOKEN);
    let name = format!("{}/team/other:v1", registry.host());
    let pulls = futures_util::future::join_all((0..50).map(|_| world.pull(&name)));
    let (pulled, ()) = tokio::join!(pulls, async {
        gate.reached().await;
        gate.release();
    });
    assert!(pulled.iter().all(Result::is_ok));
    assert_eq!(registry.count(Method::GET, TOKEN), 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_take_the_token_of_the_others_along() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    world.pull(&app(&registry)).await.unwrap();
    registry.push("team/other", "v1", &Image::docker("other"));
    let gate = registry.hold(Method::GET, TOKEN);
    let name = format!("{}/team/other:v1", registry.host());
    let mut leader = Box::pin(world.pull(&name));
    tokio::select! {
        _ = &mut leader => panic!("the gate is closed"),
        () = gate.reached() => {}
    }
    let mut follower = Box::pin(world.pull(&name));
    assert!(futures_util::poll!(&mut follower).is_pending());
    drop(leader);
    follower.await.unwrap();
    gate.release();
}

#[tokio::test]
async fn a_failure_of_the_token_endpoint_is_told_to_all_who_wait_and_not_kept() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    world.pull(&app(&registry)).await.unwrap();
    registry.push("team/other", "v1", &Image::docker("other"));
    registry.next(Method::GET, TOKEN, Reply::error(403, "DENIED", "no"));
    let name = format!("{}/team/other:v1", registry.host());
    assert!(matches!(world.failure(&name).await.root(), Error::DeniedOrNotFound { .. }));
    world.pull(&name).await.unwrap();
}

#[tokio::test]
async fn a_token_is_taken_under_either_name_and_lives_a_minute_at_least() {
    for answer in [
        json!({"token": null}),
        json!({"expires_in": 0}),
        json!({"expires_in": 10}),
        json!({"expires_in": null}),
        json!({"issued_at": "2999-01-01T00:00:00Z"}),
    ] {
        let (world, registry) = (World::new(), registry().await);
        registry.require_bearer([]);
        registry.token_answer(answer.clone());
        world.pull(&app(&registry)).await.unwrap();
        world.pull(&app(&registry)).await.unwrap();
        assert_eq!(registry.count(Method::GET, TOKEN), 1, "{answer}");
    }
}

#[tokio::test]
async fn an_answer_without_a_token_is_an_error_and_no_anonymous_access() {
    for (reply, text) in [
        (Reply::json(200, &json!({})), "authorization server did not include a token in the response"),
        (
            Reply::body(200, "<html>"),
            "authorization server did not include a token in the response: it is not JSON",
        ),
        (Reply::redirect(307, "/token2"), "received unexpected HTTP status: 307 Temporary Redirect"),
        (Reply::status(500), "received unexpected HTTP status: 500 Internal Server Error"),
    ] {
        let (world, registry) = (World::new(), registry().await);
        registry.require_bearer([]);
        registry.always(Method::GET, TOKEN, reply);
        assert_eq!(world.failure(&app(&registry)).await.to_string(), text);
        assert_eq!(registry.count(Method::GET, "/token2"), 0);
        assert_eq!(registry.count(Method::GET, MANIFEST), 1);
    }
}

#[tokio::test]
async fn a_token_answer_without_end_is_not_read_to_it() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    registry.always(Method::GET, TOKEN, Reply::chunked("x".repeat(16 * 1024), 1000));
    assert!(matches!(world.failure(&app(&registry)).await.root(), Error::TooLarge { .. }));
}

#[tokio::test]
async fn a_token_endpoint_that_denies_an_absent_repository_says_denied_or_not_found() {
    for status in [401, 403] {
        let (world, registry) = (World::new(), registry().await);
        registry.require_bearer([]);
        registry.always(
            Method::GET,
            TOKEN,
            Reply::error(status, "DENIED", "requested access to the resource is denied"),
        );
        let error = world.failure(&app(&registry)).await;
        let repository = format!("{}/team/app", registry.host());
        assert_eq!(
            error.to_string(),
            format!(
                "pull access denied for {repository}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied"
            )
        );
    }
}

#[tokio::test]
async fn an_identity_token_is_posted_and_never_put_into_a_url() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([("alice", "s3cret")]);
    registry.accept_identity_token("s3cret-refresh");
    let identity = Credential::IdentityToken { username: "alice".into(), token: "s3cret-refresh".into() };
    world.pull_as(&app(&registry), &world.access(Some(identity))).await.unwrap();
    let requests = registry.requests();
    let posted = requests.iter().find(|request| request.path == TOKEN).unwrap();
    assert_eq!((posted.method.as_str(), posted.query.as_str(), posted.authorization()), ("POST", "", None));
    assert_eq!(
        posted.body,
        "grant_type=refresh_token&client_id=image-service&service=registry.test&scope=repository%3Ateam%2Fapp%3Apull&refresh_token=s3cret-refresh"
    );
}

#[tokio::test]
async fn a_token_endpoint_that_knows_no_post_is_asked_by_get() {
    for status in [404, 405, 400] {
        let (world, registry) = (World::new(), registry().await);
        registry.require_bearer([("alice", "s3cret-refresh")]);
        registry.always(Method::POST, TOKEN, Reply::status(status));
        let identity = Credential::IdentityToken { username: "alice".into(), token: "s3cret-refresh".into() };
        world.pull_as(&app(&registry), &world.access(Some(identity))).await.unwrap();
    }
}

#[tokio::test]
async fn an_identity_token_that_is_refused_is_a_refused_credential() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([("alice", "s3cret")]);
    let identity = Credential::IdentityToken { username: "alice".into(), token: "s3cret-wrong".into() };
    let error = world.failure_as(&app(&registry), &world.access(Some(identity))).await;
    assert!(matches!(error.root(), Error::CredentialsRejected { .. }), "{error}");
}

#[tokio::test]
async fn a_registry_token_is_presented_as_it_is() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([("alice", "s3cret")]);
    registry.accept_token("s3cret-brought-along");
    let access = world.access(Some(Credential::RegistryToken("s3cret-brought-along".into())));
    world.pull_as(&app(&registry), &access).await.unwrap();
    assert_eq!((registry.count(Method::GET, TOKEN), registry.requests().len()), (0, 3));
    let access = world.access(Some(Credential::RegistryToken("made-up".into())));
    let error = world.failure_as(&app(&registry), &access).await;
    assert!(matches!(error.root(), Error::CredentialsRejected { .. }), "{error}");
}
