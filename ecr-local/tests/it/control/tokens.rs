//! Passwords for the data plane, and addresses that open one blob.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ecr_local::Clock;
use fixtures::images::Image;
use serde_json::json;
use time::OffsetDateTime;

use super::caller::Key;
use crate::stage::{Stage, read};

const KEY: Key = Key { id: "AKIDONE", secret: "s3cret", region: "eu-west-1" };

async fn closed(clock: &Clock) -> Stage {
    Stage::with(|builder| builder.access_key(KEY.id, KEY.secret.into(), "111111111111").clock(clock.clone()))
        .await
}

#[tokio::test]
async fn a_password_opens_the_registry_of_its_account_until_it_expires() {
    let clock = Clock::default();
    let stage = closed(&clock).await;
    let issued = stage
        .signed(KEY, OffsetDateTime::now_utc(), "GetAuthorizationToken", json!({}))
        .await
        .expect(200)
        .json();
    let issued = &issued["authorizationData"][0];
    let token = issued["authorizationToken"].as_str().unwrap();
    assert!(String::from_utf8(BASE64_STANDARD.decode(token).unwrap()).unwrap().starts_with("AWS:"));
    let lifetime = issued["expiresAt"].as_i64().unwrap() - OffsetDateTime::now_utc().unix_timestamp();
    assert!((43_190..=43_200).contains(&lifetime), "{lifetime}");
    let port = stage.running().address().port();
    assert_eq!(issued["proxyEndpoint"], format!("http://111111111111.dkr.ecr.eu-west-1.localhost:{port}"));
    let ask = async |method: &str, host: &str| {
        let request = stage.request(method, "/v2/app/blobs/uploads/").header("host", host);
        read(request.header("authorization", format!("Basic {token}"))).await
    };
    stage.ask("POST", "/v2/app/blobs/uploads/").await.refused(401, "UNAUTHORIZED");
    ask("POST", &stage.host()).await.expect(202);
    ask("POST", "111111111111.dkr.ecr.eu-west-1.localhost").await.expect(202);
    for other in ["111111111111.dkr.ecr.us-east-1.localhost", "222222222222.dkr.ecr.eu-west-1.localhost"] {
        ask("POST", other).await.refused(403, "DENIED");
    }
    let made =
        stage.signed(KEY, OffsetDateTime::now_utc(), "DescribeRepositories", json!({})).await.expect(200);
    assert_eq!(made.json()["repositories"][0]["repositoryName"], "app");
    clock.advance(Duration::from_secs(12 * 60 * 60));
    ask("POST", &stage.host()).await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn each_registry_that_is_named_has_a_password() {
    let stage = Stage::start().await;
    let named = json!({"registryIds": ["111111111111", "222222222222"]});
    let issued = stage.done("GetAuthorizationToken", named).await;
    let port = stage.running().address().port();
    let endpoints: Vec<_> =
        issued["authorizationData"].as_array().unwrap().iter().map(|one| &one["proxyEndpoint"]).collect();
    assert_eq!(
        endpoints,
        ["111111111111", "222222222222"]
            .map(|account| format!("http://{account}.dkr.ecr.us-east-1.localhost:{port}"))
            .each_ref()
    );
}

#[tokio::test]
async fn an_address_of_a_layer_opens_that_layer_alone_and_not_for_ever() {
    let clock = Clock::default();
    let stage = closed(&clock).await;
    let now = OffsetDateTime::now_utc();
    let issued = stage.signed(KEY, now, "GetAuthorizationToken", json!({})).await.json();
    let token = format!("Basic {}", issued["authorizationData"][0]["authorizationToken"].as_str().unwrap());
    let image = Image::oci("one");
    for part in image.layers.iter().chain([&image.config]) {
        let path = format!("/v2/app/blobs/uploads/?digest={}", part.digest());
        read(stage.request("POST", &path).header("authorization", &token).body(part.bytes.clone()))
            .await
            .expect(201);
    }
    let manifest = String::from_utf8(image.manifest.bytes.to_vec()).unwrap();
    stage
        .signed(
            KEY,
            now,
            "PutImage",
            json!({"repositoryName": "app", "imageManifest": manifest, "imageTag": "v1"}),
        )
        .await
        .expect(200);
    let asked = json!({"repositoryName": "app", "layerDigest": image.config.digest()});
    let got = stage.signed(KEY, now, "GetDownloadUrlForLayer", asked).await.expect(200).json();
    let address = got["downloadUrl"].as_str().unwrap().split_once(&stage.host()).unwrap().1.to_owned();
    assert_eq!(stage.get(&address).await.expect(200).body, image.config.bytes);
    let other = address.replace(&image.config.digest(), &image.layers[0].digest());
    stage.get(&other).await.refused(401, "UNAUTHORIZED");
    stage.ask("DELETE", &address).await.refused(401, "UNAUTHORIZED");
    clock.advance(Duration::from_secs(60 * 60));
    stage.get(&address).await.refused(401, "UNAUTHORIZED");
}
