//! Repositories and the images in them.

use std::time::Duration;

use ecr_local::Clock;
use fixtures::images::{Image, sha256};
use serde_json::{Value, json};

use crate::stage::Stage;

fn app() -> Value {
    json!({"repositoryName": "app"})
}

#[tokio::test]
async fn public_and_private_repositories_do_not_mix() {
    let stage = Stage::start().await;
    stage.public("CreateRepository", app()).await;
    assert_eq!(stage.done("DescribeRepositories", json!({})).await["repositories"], json!([]));
    stage.fails("DescribeImages", app(), "RepositoryNotFoundException").await;
    stage.done("CreateRepository", app()).await;
    stage.done("DeleteRepository", app()).await;
    assert_eq!(
        stage.public("DescribeRepositories", json!({})).await["repositories"][0]["repositoryName"],
        "app"
    );
    for name in ["a__b", "a--b", &"a".repeat(206)] {
        stage
            .public_fails("CreateRepository", json!({"repositoryName": name}), "InvalidParameterException")
            .await;
        stage.done("CreateRepository", json!({"repositoryName": name})).await;
    }
}

#[tokio::test]
async fn what_a_repository_is_listed_with_is_kept() {
    let mut stage = Stage::start().await;
    let data = json!({"description": "one", "architectures": ["ARM 64"], "operatingSystems": ["Linux"], "aboutText": "# about", "usageText": "use", "logoImageBlob": "bG9nbw=="});
    let mut shown = data.clone();
    shown.as_object_mut().unwrap().remove("logoImageBlob");
    shown["marketplaceCertified"] = false.into();
    let made = stage.public("CreateRepository", json!({"repositoryName": "app", "catalogData": data})).await;
    assert_eq!(made["catalogData"], shown);
    stage.restart(|builder| builder).await;
    assert_eq!(stage.public("GetRepositoryCatalogData", app()).await["catalogData"], shown);
    let less = json!({"repositoryName": "app", "catalogData": {"description": "two"}});
    let put = stage.public("PutRepositoryCatalogData", less).await;
    assert_eq!(put["catalogData"], json!({"description": "two", "marketplaceCertified": false}));
    assert_eq!(stage.public("GetRepositoryCatalogData", app()).await, put);
    assert_eq!(stage.public("GetRegistryCatalogData", json!({})).await, json!({"registryCatalogData": {}}));
    stage.public("PutRegistryCatalogData", json!({"displayName": "Us"})).await;
    stage.public("PutRegistryCatalogData", json!({})).await;
    let named = stage.public("GetRegistryCatalogData", json!({})).await;
    assert_eq!(named, json!({"registryCatalogData": {"displayName": "Us"}}));
}

#[tokio::test]
async fn images_have_eight_members_and_tags_have_dates() {
    let clock = Clock::default();
    let stage = Stage::with(|builder| builder.clock(clock.clone())).await;
    stage.public("CreateRepository", app()).await;
    let (one, two) = (Image::oci("one"), Image::docker("two"));
    let first = stage.publish("v1", &one).await;
    clock.advance(Duration::from_secs(60));
    stage.publish("latest", &one).await;
    clock.advance(Duration::from_secs(60));
    let second = stage.publish("latest", &two).await;
    let described = stage
        .public("DescribeImages", json!({"repositoryName": "app", "filter": {"tagStatus": "UNTAGGED"}}))
        .await;
    let details = described["imageDetails"].as_array().unwrap();
    let members: Vec<_> = details[0].as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        [
            "artifactMediaType",
            "imageDigest",
            "imageManifestMediaType",
            "imagePushedAt",
            "imageSizeInBytes",
            "imageTags",
            "registryId",
            "repositoryName"
        ]
    );
    assert_eq!((&details[0]["imageDigest"], &details[1]["imageDigest"]), (&json!(first), &json!(second)));
    let page = stage.public("DescribeImageTags", json!({"repositoryName": "app", "maxResults": 1})).await;
    let latest = page["imageTagDetails"][0].clone();
    assert_eq!(
        (&latest["imageTag"], &latest["imageDetail"]["imageDigest"]),
        (&json!("latest"), &json!(second))
    );
    assert_eq!(latest["createdAt"], latest["imageDetail"]["imagePushedAt"]);
    assert_eq!(latest["imageDetail"]["imageSizeInBytes"], details[1]["imageSizeInBytes"]);
    let next = json!({"repositoryName": "app", "nextToken": page["nextToken"]});
    let rest = stage.public("DescribeImageTags", next.clone()).await;
    assert_eq!((&rest["imageTagDetails"][0]["imageTag"], rest.get("nextToken")), (&json!("v1"), None));
    assert_eq!(rest["imageTagDetails"][0]["createdAt"], details[0]["imagePushedAt"]);
    stage.public_fails("DescribeImages", next, "InvalidParameterException").await;
}

#[tokio::test]
async fn a_layer_has_fewer_parts_than_in_a_private_registry() {
    let mut stage = Stage::start().await;
    stage.public("CreateRepository", app()).await;
    let id = stage.public("InitiateLayerUpload", app()).await["uploadId"].as_str().unwrap().to_owned();
    let part = |first: u64| json!({"repositoryName": "app", "uploadId": id, "partFirstByte": first, "partLastByte": first, "layerPartBlob": "eA=="});
    stage.public("UploadLayerPart", part(0)).await;
    stage.meddle("UPDATE upload_parts SET parts = 1000").await;
    stage.restart(|builder| builder).await;
    let refused = stage.public_fails("UploadLayerPart", part(1), "LimitExceededException").await;
    assert_eq!(refused, "A layer has at most 1000 parts");
    let done = json!({"repositoryName": "app", "uploadId": id, "layerDigests": [sha256(b"x")]});
    stage.public("CompleteLayerUpload", done).await;
}

#[tokio::test]
async fn repositories_come_in_pages() {
    let stage = Stage::start().await;
    for name in ["aa", "bb", "cc"] {
        stage.public("CreateRepository", json!({"repositoryName": name})).await;
    }
    let first = stage.public("DescribeRepositories", json!({"maxResults": 2})).await;
    let second = stage.public("DescribeRepositories", json!({"nextToken": first["nextToken"]})).await;
    assert_eq!(second["repositories"][0]["repositoryName"], "cc");
    let private = json!({"nextToken": first["nextToken"]});
    stage.fails("DescribeRepositories", private, "InvalidParameterException").await;
}
