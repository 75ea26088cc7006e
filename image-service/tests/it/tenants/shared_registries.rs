//! Two teams and the registries that both ask: credentials, consent and budgets are each team's own.

use fixtures::{
    images::Image,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use imageservice_proto::v1::{
    CheckRequest, DistributionInspectRequest, ForgetRequest, ListCredentialsRequest, PullRequest,
    RateLimitsRequest, RegistryAuth,
};

use super::{
    separation::Teams,
    world::{Caller, reason},
};

async fn private() -> ScriptedRegistry {
    let registry = ScriptedRegistry::start().await;
    registry.push("team/app", "v1", &Image::docker("private"));
    registry.require_basic([("alice", "s3cret"), ("bob", "s3cret-other")]);
    registry
}

fn auth(username: &str, password: &str) -> Option<RegistryAuth> {
    Some(RegistryAuth { username: username.into(), password: password.into(), ..RegistryAuth::default() })
}

fn pull(registry: &ScriptedRegistry, name: &str, auth: Option<RegistryAuth>) -> PullRequest {
    PullRequest { reference: format!("{}/{name}", registry.host()), auth, ..PullRequest::default() }
}

async fn stored(caller: &Caller) -> usize {
    caller.credentials().list(ListCredentialsRequest {}).await.unwrap().into_inner().credentials.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_credential_is_one_teams() {
    let (Teams { a, b, staging: _staging, world: _world }, registry) =
        (Teams::gather().await, private().await);
    let check = CheckRequest { registry: registry.host(), auth: auth("alice", "s3cret") };
    a.credentials().check(check).await.unwrap();
    a.pull(pull(&registry, "team/app:v1", None)).await.unwrap();

    assert_eq!((stored(&a).await, stored(&b).await), (1, 0));
    assert!(b.pull(pull(&registry, "team/app:v1", None)).await.is_err());
    let forget = ForgetRequest { registry: registry.host() };
    assert_eq!(reason(b.credentials().forget(forget).await), "CREDENTIALS_NOT_FOUND");
    assert_eq!(stored(&a).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_one_team_may_have_is_not_given_to_the_other_without_a_proof_of_its_own() {
    let (Teams { a, b, staging: _staging, world: _world }, registry) =
        (Teams::gather().await, private().await);
    let told = a.pull(pull(&registry, "team/app:v1", auth("alice", "s3cret"))).await.unwrap();
    let digest = told.into_iter().find_map(|event| match event.event {
        Some(imageservice_proto::v1::pull_event::Event::Completed(completed)) => Some(completed.digest),
        _ => None,
    });
    let by_digest = format!("team/app@{}", digest.unwrap());

    for name in ["team/app:v1", &by_digest] {
        assert!(b.pull(pull(&registry, name, None)).await.is_err(), "{name}");
        assert!(b.pull(pull(&registry, name, auth("mallory", "s3cret"))).await.is_err(), "{name}");
        assert!(b.inspect(&format!("{}/{name}", registry.host())).await.is_err(), "{name}");
    }
    b.pull(pull(&registry, &by_digest, auth("bob", "s3cret-other"))).await.unwrap();
    assert!(b.inspect(&format!("{}/{by_digest}", registry.host())).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_asked_for_by_each_team_even_with_the_same_credential() {
    let (Teams { a, b, staging: _staging, world: _world }, registry) =
        (Teams::gather().await, private().await);
    a.pull(pull(&registry, "team/app:v1", auth("alice", "s3cret"))).await.unwrap();
    registry.forget_requests();
    b.pull(pull(&registry, "team/app:v1", auth("alice", "s3cret"))).await.unwrap();
    assert!(!registry.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_shown_to_the_team_that_it_was_told_to_and_used_up_for_it_alone() {
    let (Teams { a, b, staging: _staging, world: _world }, registry) =
        (Teams::gather().await, ScriptedRegistry::start().await);
    registry.push("team/app", "v1", &Image::docker("limited"));
    let used_up =
        Reply::error(429, "TOOMANYREQUESTS", "You have reached your unauthenticated pull rate limit.")
            .header("ratelimit-limit", "100;w=21600")
            .header("ratelimit-remaining", "0;w=21600");
    registry.next(Method::GET, "/v2/team/app/manifests/v1", used_up);
    assert_eq!(reason(a.pull(pull(&registry, "team/app:v1", None)).await), "QUOTA_EXHAUSTED");
    let limits = |caller: &Caller| {
        let mut system = caller.system();
        async move { system.rate_limits(RateLimitsRequest {}).await.unwrap().into_inner().limits.len() }
    };
    assert_eq!((limits(&a).await, limits(&b).await), (1, 0));
    b.pull(pull(&registry, "team/app:v1", None)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_into_a_registry_uses_the_teams_own_credential() {
    let (Teams { a, b, staging: _staging, world: _world }, registry) =
        (Teams::gather().await, private().await);
    let check = CheckRequest { registry: registry.host(), auth: auth("alice", "s3cret") };
    a.credentials().check(check).await.unwrap();
    let look = DistributionInspectRequest {
        reference: format!("{}/team/app:v1", registry.host()),
        ..DistributionInspectRequest::default()
    };
    assert!(a.images().distribution_inspect(look.clone()).await.is_ok());
    assert!(b.images().distribution_inspect(look).await.is_err());
}
