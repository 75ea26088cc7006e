//! The host name says which registry is meant.

use fixtures::images::Image;
use serde_json::json;

use crate::stage::{Stage, read};

async fn names(stage: &Stage, host: &str) -> serde_json::Value {
    let reply = read(stage.request("GET", "/v2/_catalog").header("host", host)).await.expect(200);
    reply.json()["repositories"].clone()
}

#[tokio::test]
async fn every_account_and_region_has_repositories_of_its_own() {
    let stage = Stage::start().await;
    let begin = |host: &str| stage.request("POST", "/v2/app/blobs/uploads/").header("host", host);
    let frankfurt = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
    read(begin(frankfurt)).await.expect(202);
    for same in [
        frankfurt,
        "123456789012.dkr.ecr.eu-central-1.localhost:5000",
        "123456789012.dkr-ecr.eu-central-1.on.aws",
    ] {
        assert_eq!(names(&stage, same).await, json!(["app"]), "{same}");
    }
    for other in
        ["123456789012.dkr.ecr.us-east-1.amazonaws.com", "999999999999.dkr.ecr.eu-central-1.amazonaws.com"]
    {
        assert_eq!(names(&stage, other).await, json!([]), "{other}");
    }
    assert_eq!(names(&stage, "localhost:5000").await, json!([]));
}

#[tokio::test]
async fn a_blob_is_not_mounted_across_accounts() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    let path = format!("/v2/app/blobs/uploads/?mount={}&from=app", image.config.digest());
    let host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
    read(stage.request("POST", &path).header("host", host)).await.expect(202);
}
