//! The service's own passwords for registries: asked for once, replaced in time, and replaced when refused.

use std::{sync::Arc, time::Duration};

use fixtures::{process::until, registry::Reply};
use http::Method;
use image_service::{
    error::Error,
    model::{Digest, Reference},
    ports::{CloudCredentials as _, RegistryWriter as _},
};
use serde_json::json;
use tokio::task::JoinSet;

use super::world::{HOST, IMAGE, LONG, World, anonymous, look, password, refusal, user};

fn denied() -> Reply {
    refusal(400, "AccessDeniedException", json!({}))
}

fn tokens_asked_for(world: &World) -> usize {
    world.asked().iter().filter(|name| *name == "GetAuthorizationToken").count()
}

#[tokio::test]
async fn without_a_password_from_aws_the_error_says_whose_and_why() {
    let world = World::new().await;
    world.registry_takes("one");
    world.next(denied());
    let failed = look(&world.client(), IMAGE, &anonymous()).await.unwrap_err();
    assert!(
        matches!(failed.root(), Error::CloudCredentials { registry, .. } if registry == HOST),
        "{failed:?}"
    );
    let said = failed.to_string();
    assert!(said.contains(HOST) && said.contains("AccessDeniedException in AWS's own words"), "{said}");
    world.next(password("one"));
    look(&world.client(), IMAGE, &anonymous()).await.unwrap();
}

#[tokio::test]
async fn many_who_ask_at_once_share_one_password() {
    let world = World::new().await;
    world.registry_takes("one");
    world.next(password("one"));
    let client = Arc::new(world.client());
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let client = Arc::clone(&client);
        callers.spawn(async move { look(&client, IMAGE, &anonymous()).await });
    }
    assert!(callers.join_all().await.iter().all(Result::is_ok));
    assert_eq!(tokens_asked_for(&world), 1);
}

#[tokio::test]
async fn all_who_wait_for_a_password_hear_that_there_is_none() {
    let world = World::new().await;
    let gate = world.server.hold(http::Method::POST, "/");
    let client = Arc::new(world.client());
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let client = Arc::clone(&client);
        callers.spawn(async move { look(&client, IMAGE, &anonymous()).await });
    }
    gate.reached().await;
    world.always(denied());
    gate.release();
    for failed in callers.join_all().await {
        assert!(matches!(failed.unwrap_err().root(), Error::CloudCredentials { .. }));
    }
}

#[tokio::test]
async fn a_password_that_is_due_is_replaced_while_the_old_one_serves() {
    let world = World::new().await;
    world.registry_takes("one");
    world.next(password("one"));
    let client = world.client();
    look(&client, IMAGE, &anonymous()).await.unwrap();
    world.clock.advance(Duration::from_secs(12 * 60 * 60 - 300));
    let gate = world.server.hold(http::Method::POST, "/");
    look(&client, IMAGE, &anonymous()).await.unwrap();
    gate.reached().await;
    look(&client, IMAGE, &anonymous()).await.unwrap();
    gate.release();
    assert_eq!(tokens_asked_for(&world), 2, "one request, for which nobody waited");
}

#[tokio::test]
async fn a_replacement_that_fails_leaves_the_old_password_until_its_end() {
    let world = World::with("max_retries = 0").await;
    world.registry_takes("one");
    world.next(password("one"));
    let client = world.client();
    look(&client, IMAGE, &anonymous()).await.unwrap();
    world.clock.advance(Duration::from_secs(12 * 60 * 60 - 300));
    world.always(denied());
    look(&client, IMAGE, &anonymous()).await.unwrap();
    until("the replacement was asked for", async || (tokens_asked_for(&world) == 2).then_some(())).await;
    look(&client, IMAGE, &anonymous()).await.unwrap();
    world.clock.advance(Duration::from_secs(300));
    let failed = look(&client, IMAGE, &anonymous()).await.unwrap_err();
    assert!(matches!(failed.root(), Error::CloudCredentials { .. }), "{failed:?}");
}

#[tokio::test]
async fn a_password_that_the_registry_refuses_is_replaced_and_tried_once_more() {
    let world = World::new().await;
    world.registry_takes("two");
    world.next(password("one"));
    world.next(password("two"));
    let client = world.client();
    look(&client, IMAGE, &anonymous()).await.unwrap();
    look(&client, IMAGE, &anonymous()).await.unwrap();
    assert_eq!(tokens_asked_for(&world), 2);
}

#[tokio::test]
async fn an_old_password_is_replaced_when_a_look_at_a_blob_is_refused_without_a_word() {
    for (age, asked) in [(0, 1), (61, 2)] {
        let world = World::new().await;
        world.always(password("one"));
        world.ecr.credential(&HOST.parse().unwrap()).await.unwrap();
        world.clock.advance(Duration::from_secs(age));
        let repository = IMAGE.parse::<Reference>().unwrap().repository;
        let digest = Digest::of(b"blob");
        let path = format!("/v2/team/app/blobs/{digest}");
        let challenge = Reply::status(401).header("www-authenticate", "Basic realm=\"ecr\"");
        world.server.next(Method::HEAD, &path, challenge);
        world.server.next(Method::HEAD, &path, Reply::status(403));
        world.server.always(Method::HEAD, &path, Reply::status(404));
        let looked = world.client().has_blob(&repository, &digest, &anonymous()).await;
        match asked {
            1 => assert!(matches!(looked.unwrap_err().root(), Error::Denied { .. })),
            _ => assert!(!looked.unwrap()),
        }
        assert_eq!(tokens_asked_for(&world), asked);
    }
}

#[tokio::test]
async fn a_second_refusal_stands() {
    let world = World::new().await;
    world.registry_takes("another");
    world.always(password("one"));
    let failed = look(&world.client(), IMAGE, &anonymous()).await.unwrap_err();
    assert!(matches!(failed.root(), Error::CredentialsRejected { .. }), "{failed:?}");
    assert_eq!(tokens_asked_for(&world), 2);
    assert!(!format!("{failed:?}").contains("one"));
}

#[tokio::test]
async fn a_late_refusal_of_an_old_password_does_not_cost_the_new_one() {
    let world = World::new().await;
    world.next(password("one"));
    world.next(password("two"));
    let host = HOST.parse().unwrap();
    let old = world.ecr.credential(&host).await.unwrap();
    world.ecr.refused(&host, &old);
    world.ecr.credential(&host).await.unwrap();
    world.ecr.refused(&host, &old);
    world.ecr.credential(&host).await.unwrap();
    assert_eq!(tokens_asked_for(&world), 2);
}

#[tokio::test]
async fn whoever_brings_a_credential_is_asked_for_nothing_else() {
    let world = World::new().await;
    world.registry_takes("one");
    world.always(password("one"));
    let failed = look(&world.client(), IMAGE, &user("alice", "s3cret-wrong")).await.unwrap_err();
    assert!(matches!(failed.root(), Error::CredentialsRejected { .. }), "{failed:?}");
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn an_operator_can_keep_the_identity_from_standing_in_for_callers() {
    let world = World::with("registry_credentials = false").await;
    world.registry_takes("one");
    let failed = look(&world.client(), IMAGE, &anonymous()).await.unwrap_err();
    assert!(matches!(failed.root(), Error::CredentialsRequired { .. }), "{failed:?}");
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn a_read_only_identity_writes_to_no_registry_and_stands_in_no_caller_s_way() {
    for ecr in ["read_only = true", "accounts = { 123456789012 = { read_only = true } }"] {
        let world = World::with(ecr).await;
        world.registry_takes("one");
        world.always(password("one"));
        let (client, reference) = (world.client(), IMAGE.parse::<Reference>().unwrap());
        let (repository, target) = (&reference.repository, &reference.target().unwrap());
        let manifest = look(&client, IMAGE, &anonymous()).await.unwrap();
        let before = world.server.requests().len();
        let refused = [
            client.put_manifest(repository, target, &manifest, &anonymous()).await.unwrap_err(),
            client.delete_manifest(repository, target, &anonymous()).await.unwrap_err(),
        ];
        for refused in refused.map(|refused| refused.to_string()) {
            assert!(refused.contains(HOST) && refused.contains("ecr.read_only"), "{refused}");
        }
        assert_eq!(world.server.requests().len(), before, "nobody was asked");
        client.put_manifest(repository, target, &manifest, &user("AWS", "one")).await.unwrap();
    }
}

#[tokio::test]
async fn registries_elsewhere_never_see_the_identity() {
    let world = World::new().await;
    world.server.push("team/app", "v1", &fixtures::images::Image::docker("app"));
    look(&world.client(), &format!("{}/team/app:v1", world.server.host()), &anonymous()).await.unwrap();
    assert!(world.asked().is_empty());
    assert!(world.server.requests().iter().all(|request| request.authorization().is_none()));
}

#[tokio::test]
async fn one_password_serves_every_registry_of_a_region_and_no_other_region() {
    let world = World::new().await;
    world.always(password("one"));
    for host in [
        HOST,
        "999999999999.dkr.ecr.eu-central-1.amazonaws.com",
        "123456789012.dkr-ecr.eu-central-1.on.aws",
        "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    ] {
        world.ecr.credential(&host.parse().unwrap()).await.unwrap();
    }
    assert_eq!(tokens_asked_for(&world), 2);
}

#[tokio::test]
async fn a_password_is_new_when_it_is_asked_for_anew_and_stays_if_that_fails() {
    let world = World::with("max_retries = 0").await;
    let place = image_service::ecr::Place::default();
    world.next(password("one"));
    let first = world.ecr.tokens().private(&place).await.unwrap();
    world.next(denied());
    world.ecr.tokens().renew_private(&place).await.unwrap_err();
    let kept = world.ecr.tokens().private(&place).await.unwrap();
    assert!(Arc::ptr_eq(&first, &kept));
    world.next(password("two"));
    let renewed = world.ecr.tokens().renew_private(&place).await.unwrap();
    assert!(!Arc::ptr_eq(&first, &renewed));
    world.clock.advance(LONG);
    world.ecr.tokens().private(&place).await.unwrap_err();
}

#[tokio::test]
async fn the_public_registry_s_token_endpoint_gets_the_password_if_the_operator_says_so() {
    for (config, asked) in [("", 0), ("public_registry = true", 1)] {
        let world = World::with(config).await;
        world.server.push("team/app", "v1", &fixtures::images::Image::docker("app"));
        world.server.require_bearer([("AWS", "one")]);
        world.always(public_password("one"));
        let looked = look(&world.client(), "public.ecr.aws/team/app:v1", &anonymous()).await;
        assert_eq!(looked.is_ok(), asked == 1, "{looked:?}");
        assert_eq!(tokens_asked_for(&world), asked);
    }
}

/// ECR Public answers with one object where ECR has a list.
fn public_password(password: &str) -> Reply {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let token = BASE64_STANDARD.encode(format!("AWS:{password}"));
    let expires_at = time::OffsetDateTime::now_utc().unix_timestamp() + 43_200;
    super::world::answer(
        &json!({ "authorizationData": { "authorizationToken": token, "expiresAt": expires_at } }),
    )
}
