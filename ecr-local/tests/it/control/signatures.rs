//! Signed calls.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ecr_local::Clock;
use serde_json::json;
use time::OffsetDateTime;

use super::caller::Key;
use crate::stage::Stage;

const KEY: Key = Key { id: "AKIDONE", secret: "s3cret", region: "eu-west-1" };
const OTHER: Key = Key { id: "AKIDTWO", secret: "t0ken", region: "eu-west-1" };

async fn closed() -> Stage {
    Stage::with(|builder| {
        builder.access_key(KEY.id, KEY.secret.into(), "111111111111").access_key(
            OTHER.id,
            OTHER.secret.into(),
            "222222222222",
        )
    })
    .await
}

#[tokio::test]
async fn only_a_signature_by_a_known_key_lets_in() {
    let stage = closed().await;
    let now = OffsetDateTime::now_utc();
    let refused = async |key: Key, at: OffsetDateTime, code: &str| {
        stage.signed(key, at, "DescribeRepositories", json!({})).await.excepted(code)
    };
    stage.fails("DescribeRepositories", json!({}), "MissingAuthenticationTokenException").await;
    refused(Key { id: "NOBODY", ..KEY }, now, "UnrecognizedClientException").await;
    refused(Key { secret: "wrong", ..KEY }, now, "InvalidSignatureException").await;
    let expired = refused(KEY, now - Duration::from_secs(3600), "InvalidSignatureException").await;
    assert!(expired.starts_with("Signature expired"), "{expired}");
    refused(KEY, now + Duration::from_secs(3600), "InvalidSignatureException").await;
    for authorization in [
        "Basic x",
        "AWS4-HMAC-SHA256 Credential=x",
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=x",
    ] {
        let request = stage.request("POST", "/").header("authorization", authorization);
        let request =
            request.header("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories");
        crate::stage::read(request.body("{}")).await.excepted("IncompleteSignatureException");
    }
    stage.signed(KEY, now, "DescribeRepositories", json!({})).await.expect(200);
}

#[tokio::test]
async fn a_part_of_a_layer_that_nobody_known_signed_changes_nothing() {
    let stage = closed().await;
    let now = OffsetDateTime::now_utc();
    let named = json!({"repositoryName": "app"});
    stage.signed(KEY, now, "CreateRepository", named.clone()).await.expect(200);
    let begun = stage.signed(KEY, now, "InitiateLayerUpload", named).await.expect(200).json();
    let content = vec![7; 1024 * 1024];
    let part = |blob: String| {
        json!({
            "repositoryName": "app", "uploadId": begun["uploadId"], "layerPartBlob": blob,
            "partFirstByte": 0, "partLastByte": content.len() - 1,
        })
    };
    let wrong = Key { secret: "wrong", ..KEY };
    for blob in [BASE64_STANDARD.encode(&content), "?".to_owned()] {
        stage.signed(wrong, now, "UploadLayerPart", part(blob)).await.excepted("InvalidSignatureException");
    }
    let upload = std::fs::read_dir(stage.data_dir().join("uploads")).unwrap().next().unwrap().unwrap();
    assert_eq!(upload.metadata().unwrap().len(), 0);
    let part = part(BASE64_STANDARD.encode(&content));
    stage.signed(KEY, now, "UploadLayerPart", part).await.expect(200);
    let digest = fixtures::images::sha256(&content);
    let complete = json!({"repositoryName": "app", "uploadId": begun["uploadId"], "layerDigests": [digest]});
    stage.signed(KEY, now, "CompleteLayerUpload", complete).await.expect(200);
}

#[tokio::test]
async fn accounts_and_regions_do_not_see_each_other() {
    let stage = closed().await;
    let now = OffsetDateTime::now_utc();
    let make = json!({"repositoryName": "app"});
    let made = stage.signed(KEY, now, "CreateRepository", make.clone()).await.expect(200).json();
    assert_eq!(made["repository"]["repositoryArn"], "arn:aws:ecr:eu-west-1:111111111111:repository/app");
    let elsewhere = Key { region: "us-west-2", ..KEY };
    for key in [elsewhere, OTHER] {
        let listed = stage.signed(key, now, "DescribeRepositories", json!({})).await.expect(200).json();
        assert_eq!(listed["repositories"], json!([]));
        stage.signed(key, now, "CreateRepository", make.clone()).await.expect(200);
    }
    let foreign = json!({"registryId": "111111111111"});
    stage.signed(OTHER, now, "DescribeRepositories", foreign).await.excepted("AccessDeniedException");
}

#[tokio::test]
async fn the_clock_of_the_registry_decides_when_a_signature_expires() {
    let clock = Clock::default();
    let stage = Stage::with(|builder| {
        builder.access_key(KEY.id, KEY.secret.into(), "111111111111").clock(clock.clone())
    })
    .await;
    clock.advance(Duration::from_secs(3600));
    let now = OffsetDateTime::now_utc();
    stage.signed(KEY, now, "DescribeRepositories", json!({})).await.excepted("InvalidSignatureException");
    stage.signed(KEY, now + Duration::from_secs(3600), "DescribeRepositories", json!({})).await.expect(200);
}

#[tokio::test]
async fn without_verification_a_key_only_names_its_account() {
    let stage = Stage::with(|builder| {
        builder.access_key(KEY.id, KEY.secret.into(), "111111111111").verify_signatures(false)
    })
    .await;
    let now = OffsetDateTime::now_utc();
    for (key, account) in [
        (Key { secret: "wrong", ..KEY }, "111111111111"),
        (Key { id: "333333333333", ..KEY }, "333333333333"),
        (Key { id: "anyone", ..KEY }, "000000000000"),
    ] {
        let made =
            stage.signed(key, now, "CreateRepository", json!({"repositoryName": "app"})).await.expect(200);
        assert_eq!(made.json()["repository"]["registryId"], account);
    }
}
