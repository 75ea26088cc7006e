//! What temporary credentials are good for.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ecr_local::Clock;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::stage::{OTHER, OWN, Temporary, assume, closed, form};
use crate::{
    control::caller::SERVICE,
    stage::{Reply, Stage, read},
};

const ROLE: &str = "arn:aws:iam::222222222222:role/builder";

async fn with(
    stage: &Stage,
    key: &Temporary,
    token: Option<&str>,
    at: OffsetDateTime,
    operation: &str,
    input: Value,
) -> Reply {
    let target = format!("{SERVICE}.{operation}");
    stage.sign_call(key.key(), at, "ecr", &target, &input.to_string(), token).await
}

async fn assumed(stage: &Stage) -> Temporary {
    Temporary::of(&stage.signed_query(OWN, &assume(ROLE, &[("DurationSeconds", "900")])).await.expect(200))
}

#[tokio::test]
async fn nothing_works_without_the_very_token() {
    let stage = Stage::with(|builder| closed(builder).trust(ROLE, "111111111111")).await;
    let (one, two) = (assumed(&stage).await, assumed(&stage).await);
    let now = OffsetDateTime::now_utc();
    let refused = async |key: &Temporary, token: Option<&str>, code: &str| {
        with(&stage, key, token, now, "DescribeRepositories", json!({})).await.excepted(code)
    };
    refused(&one, None, "UnrecognizedClientException").await;
    for token in [two.token.as_str(), "x.y", ""] {
        let message = refused(&one, Some(token), "UnrecognizedClientException").await;
        assert_eq!(message, "The security token included in the request is invalid.");
    }
    let mixed = Temporary { secret: two.secret.clone(), ..one.clone() };
    refused(&mixed, Some(&one.token), "InvalidSignatureException").await;
    let permanent =
        Temporary { id: OTHER.id.to_owned(), secret: OTHER.secret.to_owned(), token: String::new() };
    refused(&permanent, Some(&one.token), "UnrecognizedClientException").await;
    with(&stage, &one, Some(&one.token), now, "DescribeRepositories", json!({})).await.expect(200);
}

#[tokio::test]
async fn a_token_must_be_covered_by_the_signature() {
    let stage = Stage::with(|builder| closed(builder).trust(ROLE, "111111111111")).await;
    let temporary = assumed(&stage).await;
    let sent = stage.uncovered(&temporary).await;
    assert_eq!(
        sent.excepted("InvalidSignatureException"),
        "'x-amz-security-token' must be a 'SignedHeader' in the request."
    );
}

#[tokio::test]
async fn they_belong_to_the_account_of_the_role_and_outlive_a_restart() {
    let settings = |builder| closed(builder).trust(ROLE, "111111111111");
    let mut stage = Stage::with(settings).await;
    let temporary = assumed(&stage).await;
    stage.restart(settings).await;
    let now = OffsetDateTime::now_utc();
    let call = async |operation: &str, input: Value| {
        with(&stage, &temporary, Some(&temporary.token), now, operation, input).await
    };
    let made = call("CreateRepository", json!({"repositoryName": "app"})).await.expect(200).json();
    assert_eq!(made["repository"]["registryId"], "222222222222");
    call("DescribeRepositories", json!({"registryId": "111111111111"}))
        .await
        .excepted("AccessDeniedException");
    let seen = stage.signed(OTHER, now, "DescribeRepositories", json!({})).await.expect(200).json();
    assert_eq!(seen["repositories"][0]["repositoryName"], "app");
}

#[tokio::test]
async fn they_end_and_the_passwords_made_with_them_too() {
    let clock = Clock::default();
    let stage = Stage::with(|builder| closed(builder).trust(ROLE, "111111111111").clock(clock.clone())).await;
    let temporary = assumed(&stage).await;
    let now = OffsetDateTime::now_utc();
    let issued =
        with(&stage, &temporary, Some(&temporary.token), now, "GetAuthorizationToken", json!({})).await;
    let issued = issued.expect(200).json()["authorizationData"][0].clone();
    let lifetime = issued["expiresAt"].as_i64().unwrap() - now.unix_timestamp();
    assert!((890..=900).contains(&lifetime), "{lifetime}");
    let token = issued["authorizationToken"].as_str().unwrap();
    assert!(BASE64_STANDARD.decode(token).is_ok());
    let ask =
        async || read(stage.request("GET", "/v2/").header("authorization", format!("Basic {token}"))).await;
    ask().await.expect(200);
    clock.advance(Duration::from_secs(900));
    ask().await.refused(401, "UNAUTHORIZED");
    let later = now + Duration::from_secs(900);
    let over =
        with(&stage, &temporary, Some(&temporary.token), later, "DescribeRepositories", json!({})).await;
    let message = over.excepted("ExpiredTokenException");
    assert_eq!(message, "The security token included in the request is expired");
    let headers = [super::stage::FORM, ("x-amz-security-token", &temporary.token)];
    let who = form("GetCallerIdentity", &[]);
    stage.sign(temporary.key(), later, "sts", &headers, &who).await.faulted(403, "ExpiredToken");
}

impl Stage {
    /// A call whose token came after its signature.
    async fn uncovered(&self, temporary: &Temporary) -> Reply {
        let target = format!("{SERVICE}.DescribeRepositories");
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/ecr/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=00",
            temporary.id
        );
        let request =
            self.request("POST", "/").header("x-amz-target", target).header("authorization", authorization);
        read(request.header("x-amz-security-token", &temporary.token).body("{}")).await
    }
}
