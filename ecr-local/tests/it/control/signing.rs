//! Which images are to be signed, and what is told of that.

use std::time::Duration;

use ecr_local::Clock;
use fixtures::images::Image;
use serde_json::{Value, json};

use crate::stage::Stage;

const PROFILE: &str = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/ci";
const OTHER: &str = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/release";

fn rules() -> Value {
    let filters = json!([{"filter": "app*", "filterType": "WILDCARD_MATCH"}]);
    json!({"signingConfiguration": {"rules": [
        {"signingProfileArn": OTHER},
        {"signingProfileArn": PROFILE, "repositoryFilters": filters},
        {"signingProfileArn": OTHER, "repositoryFilters": filters},
    ]}})
}

fn image(repository: &str) -> Value {
    json!({"repositoryName": repository, "imageId": {"imageTag": "v1"}})
}

#[tokio::test]
async fn without_a_configuration_there_is_none_to_get_or_delete() {
    let stage = Stage::start().await;
    for operation in ["GetSigningConfiguration", "DeleteSigningConfiguration"] {
        let code = "SigningConfigurationNotFoundException";
        let message = stage.fails(operation, json!({}), code).await;
        assert_eq!(message, "Signing configuration does not exist in the registry with id '000000000000'");
    }
    let wrong = json!({"signingConfiguration": {"rules": [{"signingProfileArn": "arn:aws:signer:x"}]}});
    stage.fails("PutSigningConfiguration", wrong, "InvalidParameterException").await;
    stage.push("app", "v1", &Image::oci("one")).await;
    let none = stage.done("DescribeImageSigningStatus", image("app")).await;
    assert_eq!(none["signingStatuses"], json!([]));
    let unknown = json!({"repositoryName": "app", "imageId": {"imageTag": "no"}});
    stage.fails("DescribeImageSigningStatus", unknown, "ImageNotFoundException").await;
    stage.fails("DescribeImageSigningStatus", image("none"), "RepositoryNotFoundException").await;
}

#[tokio::test]
async fn a_configuration_is_kept_until_it_is_deleted() {
    let mut stage = Stage::start().await;
    assert_eq!(stage.done("PutSigningConfiguration", rules()).await, rules());
    stage.restart(|builder| builder).await;
    let mut kept = rules();
    kept["registryId"] = "000000000000".into();
    assert_eq!(stage.done("GetSigningConfiguration", json!({})).await, kept);
    assert_eq!(stage.done("DeleteSigningConfiguration", json!({})).await, kept);
    stage.fails("GetSigningConfiguration", json!({}), "SigningConfigurationNotFoundException").await;
}

#[tokio::test]
async fn an_image_that_is_pushed_is_told_to_have_no_signature_of_each_profile() {
    let clock = Clock::default();
    let stage = Stage::with(|builder| builder.clock(clock.clone())).await;
    stage.push("app-old", "v1", &Image::oci("one")).await;
    stage.done("PutSigningConfiguration", rules()).await;
    for repository in ["app", "other"] {
        stage.push(repository, "v1", &Image::oci("one")).await;
    }
    stage.done("DeleteSigningConfiguration", json!({})).await;
    let statuses = async |repository: &str| {
        let told = stage.done("DescribeImageSigningStatus", image(repository)).await;
        let told = told["signingStatuses"].as_array().unwrap().clone();
        let each = told.iter().map(|one| {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            (text("signingProfileArn"), text("status"), text("failureCode"))
        });
        each.collect::<Vec<_>>()
    };
    let under_way = |profile: &str| (profile.to_owned(), "IN_PROGRESS".to_owned(), String::new());
    assert_eq!(statuses("app").await, [under_way(PROFILE), under_way(OTHER)]);
    assert_eq!(statuses("other").await, [under_way(OTHER)]);
    assert_eq!(statuses("app-old").await, [], "it was pushed before");
    clock.advance(Duration::from_secs(60));
    let failed = (OTHER.to_owned(), "FAILED".to_owned(), "SIGNER_UNAVAILABLE".to_owned());
    assert_eq!(statuses("other").await, [failed]);
}
