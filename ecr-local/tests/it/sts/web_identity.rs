//! AssumeRoleWithWebIdentity, for which nobody signs.

use std::time::Duration;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ecr_local::{Builder, Clock, EcrLocal, StartError};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::stage::{Temporary, closed, form, inner};
use crate::stage::{Reply, Stage};

const ROLE: &str = "arn:aws:iam::111111111111:role/runner";
const ISSUER: &str = "https://gitlab.example.com";

/// Somebody who issues tokens.
pub(crate) struct Issuer(EcdsaKeyPair);

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn claims() -> Value {
    let end = OffsetDateTime::now_utc().unix_timestamp() + 600;
    json!({"iss": ISSUER, "sub": "project:1", "aud": ["sts.amazonaws.com"], "exp": end})
}

impl Issuer {
    pub(crate) fn fresh() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn keys(&self) -> String {
        let point = self.0.public_key().as_ref();
        let key = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "x": encode(&point[1..33]), "y": encode(&point[33..])});
        json!({"keys": [{"kty": "OKP"}, key]}).to_string()
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        let signed = format!(
            "{}.{}",
            encode(json!({"alg": "ES256", "typ": "JWT"}).to_string()),
            encode(claims.to_string())
        );
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", encode(signature))
    }

    /// A closed stage with a role that trusts this issuer.
    pub(crate) fn settings(&self, role: &'static str) -> impl Fn(Builder) -> Builder {
        let keys = self.keys();
        move |builder| closed(builder).identity_provider(ISSUER, &*keys).trust(role, ISSUER)
    }
}

async fn assume(stage: &Stage, role: &str, token: &str) -> Reply {
    let fields = [("RoleArn", role), ("RoleSessionName", "job-1"), ("WebIdentityToken", token)];
    stage.query(form("AssumeRoleWithWebIdentity", &fields)).await
}

#[tokio::test]
async fn a_token_that_cannot_be_believed_gets_nothing() {
    let issuer = Issuer::fresh();
    let stage = Stage::with(issuer.settings(ROLE)).await;
    let refused = async |token: &str| assume(&stage, ROLE, token).await.faulted(400, "InvalidIdentityToken");
    for token in ["none", "a.b.c", "e30.e30.e30", &format!("{}.", issuer.token(&claims()))] {
        assert!(refused(token).await.starts_with("The ID Token provided is not a valid JWT."), "{token}");
    }
    let mut unknown = claims();
    unknown["iss"] = "https://example.org".into();
    let message = refused(&issuer.token(&unknown)).await;
    assert_eq!(message, "No OpenIDConnect provider found in your account for https://example.org");
    refused(&Issuer::fresh().token(&claims())).await;
    let good = issuer.token(&claims());
    let (_, rest) = good.split_once('.').unwrap();
    refused(&format!("{}.{rest}", encode(json!({"alg": "none"}).to_string()))).await;
    let mut forged = claims();
    forged["sub"] = "project:2".into();
    let (head, signature) = (good.split_once('.').unwrap().0, good.rsplit_once('.').unwrap().1);
    refused(&format!("{head}.{}.{signature}", encode(forged.to_string()))).await;
}

#[tokio::test]
async fn a_token_ends_and_opens_only_roles_that_trust_its_issuer() {
    let (issuer, clock) = (Issuer::fresh(), Clock::default());
    let stage = Stage::with(|builder| issuer.settings(ROLE)(builder).clock(clock.clone())).await;
    let token = issuer.token(&claims());
    let other = "arn:aws:iam::111111111111:role/admin";
    let denied = assume(&stage, other, &token).await.faulted(403, "AccessDenied");
    assert_eq!(denied, "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    assume(&stage, ROLE, &token).await.expect(200);
    clock.advance(Duration::from_secs(600));
    let over = assume(&stage, ROLE, &token).await.faulted(400, "ExpiredTokenException");
    assert!(over.starts_with("Token expired: current date/time "), "{over}");
}

#[tokio::test]
async fn a_token_that_has_not_begun_or_is_for_another_client_gets_nothing() {
    let issuer = Issuer::fresh();
    let settings = |builder| issuer.settings(ROLE)(builder).clock(Clock::stopped());
    let stage = Stage::with(settings).await;
    let mut later = claims();
    later["nbf"] = later["exp"].clone();
    let refused = assume(&stage, ROLE, &issuer.token(&later)).await.faulted(400, "InvalidIdentityToken");
    assert_eq!(refused, "The ID Token is not valid yet");
    later["nbf"] = 1.into();
    assume(&stage, ROLE, &issuer.token(&later)).await.expect(200);
    let for_others = |builder| settings(builder).identity_client(ISSUER, "a").identity_client(ISSUER, "b");
    let stage = Stage::with(for_others).await;
    let refused = assume(&stage, ROLE, &issuer.token(&claims())).await.faulted(400, "InvalidIdentityToken");
    assert_eq!(refused, "Incorrect token audience");
    for audience in [json!("b"), json!(["x", "a"])] {
        let mut own = claims();
        own["aud"] = audience;
        assume(&stage, ROLE, &issuer.token(&own)).await.expect(200);
    }
}

#[tokio::test]
async fn a_role_may_trust_an_issuer_with_some_subjects_alone() {
    let (issuer, admin) = (Issuer::fresh(), "arn:aws:iam::111111111111:role/admin");
    let settings = |builder| {
        let builder = issuer.settings(ROLE)(builder).trust_subject(admin, ISSUER, "project:2");
        builder.trust_subject(admin, ISSUER, "group:*:ref:main").trust_subject(
            admin,
            "https://example.org",
            "*",
        )
    };
    let stage = Stage::with(settings).await;
    let of = |subject: &str| {
        let mut claims = claims();
        claims["sub"] = subject.into();
        issuer.token(&claims)
    };
    for subject in ["project:1", "project:22", "group:a:ref:dev", ""] {
        assume(&stage, admin, &of(subject)).await.faulted(403, "AccessDenied");
        assume(&stage, ROLE, &of(subject)).await.expect(200);
    }
    for subject in ["project:2", "group:a:ref:main"] {
        assume(&stage, admin, &of(subject)).await.expect(200);
    }
}

#[tokio::test]
async fn credentials_of_a_token_work_like_all_others() {
    let issuer = Issuer::fresh();
    let stage = Stage::with(issuer.settings(ROLE)).await;
    let reply = assume(&stage, ROLE, &issuer.token(&claims())).await.expect(200);
    assert_eq!(
        ["SubjectFromWebIdentityToken", "Audience", "Provider", "Arn"].map(|name| inner(&reply, name)),
        ["project:1", "sts.amazonaws.com", ISSUER, "arn:aws:sts::111111111111:assumed-role/runner/job-1"]
    );
    let who =
        stage.temporary_query(&Temporary::of(&reply), &form("GetCallerIdentity", &[])).await.expect(200);
    assert_eq!(inner(&who, "Account"), "111111111111");
}

#[tokio::test]
async fn where_everyone_may_do_everything_any_token_that_is_one_will_do() {
    let stage = Stage::start().await;
    assume(&stage, ROLE, &Issuer::fresh().token(&claims())).await.expect(200);
    let mut over = claims();
    over["exp"] = 1.into();
    assume(&stage, ROLE, &Issuer::fresh().token(&over)).await.faulted(400, "ExpiredTokenException");
}

#[tokio::test]
async fn keys_that_are_none_keep_it_from_starting() {
    let dir = tempfile::tempdir().unwrap();
    for keys in [
        "",
        "{}",
        "{\"keys\":[]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}]}",
    ] {
        let refused = EcrLocal::builder(dir.path()).identity_provider(ISSUER, keys).start().await;
        assert!(matches!(refused, Err(StartError::Setting { .. })), "{keys}");
    }
}
