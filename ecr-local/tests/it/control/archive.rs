//! The archive: images that are kept and cannot be pulled, and their way back.

use std::time::Duration;

use ecr_local::Clock;
use fixtures::images::{Content, Image, OCI_INDEX};
use serde_json::{Value, json};

use crate::stage::Stage;

const UNSUPPORTED: &str = "ImageStorageClassUpdateNotSupportedException";

fn update(tag: &str, class: &str) -> Value {
    json!({"repositoryName": "app", "imageId": {"imageTag": tag}, "targetStorageClass": class})
}

fn ids(tag: &str) -> Value {
    json!({"repositoryName": "app", "imageIds": [{"imageTag": tag}]})
}

async fn detail(stage: &Stage, tag: &str) -> Value {
    stage.done("DescribeImages", ids(tag)).await["imageDetails"][0].clone()
}

async fn listed(stage: &Stage, filter: Value) -> Vec<String> {
    let listed = stage.done("ListImages", json!({"repositoryName": "app", "filter": filter})).await;
    let ids = listed["imageIds"].as_array().unwrap().iter();
    ids.map(|id| id["imageTag"].as_str().unwrap_or("-").to_owned()).collect()
}

/// A stage with a clock, and images with the tags `v1` and `v2`.
async fn with_images(clock: &Clock) -> Stage {
    let stage = Stage::with(|builder| builder.clock(clock.clone())).await;
    for tag in ["v1", "v2"] {
        stage.push("app", tag, &Image::oci(tag)).await;
        clock.advance(Duration::from_secs(60));
    }
    stage
}

#[tokio::test]
async fn an_image_moves_only_where_it_is_not() {
    let clock = Clock::default();
    let stage = with_images(&clock).await;
    stage.fails("UpdateImageStorageClass", update("no", "ARCHIVE"), "ImageNotFoundException").await;
    stage.fails("UpdateImageStorageClass", update("v1", "COLD"), "InvalidParameterException").await;
    stage.fails("UpdateImageStorageClass", update("v1", "STANDARD"), UNSUPPORTED).await;
    stage.done("UpdateImageStorageClass", update("v1", "ARCHIVE")).await;
    stage.fails("UpdateImageStorageClass", update("v1", "ARCHIVE"), UNSUPPORTED).await;
    stage.done("UpdateImageStorageClass", update("v1", "STANDARD")).await;
    for class in ["ARCHIVE", "STANDARD"] {
        stage.fails("UpdateImageStorageClass", update("v1", class), UNSUPPORTED).await;
    }
}

#[tokio::test]
async fn an_archived_image_is_not_pulled_scanned_or_listed() {
    let clock = Clock::default();
    let mut stage = with_images(&clock).await;
    let image = Image::oci("v1");
    let digest = image.manifest.digest();
    let layer = image.layers[0].digest();
    stage.done("UpdateImageStorageClass", update("v1", "ARCHIVE")).await;
    stage.restart(|builder| builder.clock(clock.clone())).await;
    for reference in ["v1", &digest] {
        let path = format!("/v2/app/manifests/{reference}");
        stage.get(&path).await.refused(404, "MANIFEST_UNKNOWN");
        stage.ask("HEAD", &path).await.expect(404);
    }
    stage.get(&format!("/v2/app/blobs/{layer}")).await.refused(404, "BLOB_UNKNOWN");
    assert_eq!(stage.get("/v2/app/tags/list").await.expect(200).json()["tags"], json!(["v2"]));
    let got = stage.done("BatchGetImage", ids("v1")).await;
    assert_eq!(
        (&got["images"], &got["failures"][0]["failureCode"]),
        (&json!([]), &json!("ImageInaccessible"))
    );
    let asked =
        json!({"repositoryName": "app", "layerDigests": [layer, Image::oci("v2").layers[0].digest()]});
    let layers = stage.done("BatchCheckLayerAvailability", asked).await;
    let availability = |number: usize| &layers["layers"][number]["layerAvailability"];
    assert_eq!((availability(0), availability(1)), (&json!("ARCHIVED"), &json!("AVAILABLE")));
    let download = json!({"repositoryName": "app", "layerDigest": layer});
    stage.fails("GetDownloadUrlForLayer", download, "LayerInaccessibleException").await;
    let scan = json!({"repositoryName": "app", "imageId": {"imageTag": "v1"}});
    stage.fails("StartImageScan", scan, "ImageArchivedException").await;
    assert_eq!(listed(&stage, json!({})).await, ["v2"]);
    assert_eq!(listed(&stage, json!({"imageStatus": "ARCHIVED"})).await, ["v1"]);
    assert_eq!(listed(&stage, json!({"imageStatus": "ANY", "tagStatus": "TAGGED"})).await, ["v1", "v2"]);
    let described = stage.done("DescribeImages", json!({"repositoryName": "app"})).await;
    assert_eq!(described["imageDetails"].as_array().unwrap().len(), 1);
    let detail = detail(&stage, "v1").await;
    assert_eq!((&detail["imageStatus"], detail.get("lastActivatedAt")), (&json!("ARCHIVED"), None));
    assert!(detail["lastArchivedAt"].as_i64().unwrap() > detail["imagePushedAt"].as_i64().unwrap());
}

#[tokio::test]
async fn an_image_takes_its_time_to_come_back() {
    let clock = Clock::default();
    let stage = with_images(&clock).await;
    stage.done("UpdateImageStorageClass", update("v1", "ARCHIVE")).await;
    let moving = stage.done("UpdateImageStorageClass", update("v1", "STANDARD")).await;
    assert_eq!(moving["imageStatus"], "ACTIVATING");
    assert_eq!(
        moving["imageId"],
        json!({"imageDigest": Image::oci("v1").manifest.digest(), "imageTag": "v1"})
    );
    assert_eq!(listed(&stage, json!({"imageStatus": "ACTIVATING"})).await, ["v1"]);
    stage.get("/v2/app/manifests/v1").await.refused(404, "MANIFEST_UNKNOWN");
    assert_eq!(detail(&stage, "v1").await.get("lastActivatedAt"), None);
    clock.advance(Duration::from_secs(60));
    stage.get("/v2/app/manifests/v1").await.expect(200);
    let detail = detail(&stage, "v1").await;
    assert_eq!(detail["imageStatus"], "ACTIVE");
    assert!(detail["lastActivatedAt"].as_i64().unwrap() >= detail["lastArchivedAt"].as_i64().unwrap() + 60);
    assert_eq!(listed(&stage, json!({})).await, ["v1", "v2"]);
}

#[tokio::test]
async fn an_image_that_is_pushed_again_is_back_at_once_and_scanned_as_if_it_were_new() {
    let clock = Clock::default();
    let stage = with_images(&clock).await;
    let on_push = json!({"repositoryName": "app", "imageScanningConfiguration": {"scanOnPush": true}});
    stage.done("PutImageScanningConfiguration", on_push).await;
    let image = Image::oci("v1");
    let text = String::from_utf8(image.manifest.bytes.to_vec()).unwrap();
    let put = json!({"repositoryName": "app", "imageManifest": text, "imageTag": "v1"});
    stage.done("UpdateImageStorageClass", update("v1", "ARCHIVE")).await;
    stage.done("PutImage", put.clone()).await;
    stage.get("/v2/app/manifests/v1").await.expect(200);
    let scan = json!({"repositoryName": "app", "imageId": {"imageTag": "v1"}});
    let scan = stage.done("DescribeImageScanFindings", scan).await;
    assert_eq!(scan["imageScanStatus"]["status"], "IN_PROGRESS");
    stage.fails("PutImage", put, "ImageAlreadyExistsException").await;
    stage.done("UpdateImageStorageClass", update("v1", "ARCHIVE")).await;
    stage.push("app", "v1", &image).await;
    stage.get("/v2/app/manifests/v1").await.expect(200);
}

#[tokio::test]
async fn children_and_referrers_go_to_the_archive_and_back_with_their_image() {
    let clock = Clock::default();
    let stage = with_images(&clock).await;
    let (one, two) = (Image::oci("v1"), Image::oci("v2"));
    let index = |children: &[&Image]| {
        let entries: Vec<_> = children.iter().map(|child| child.manifest.entry("linux/amd64")).collect();
        Content::json(OCI_INDEX, &json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}))
    };
    let (both, second) = (index(&[&one, &two]), index(&[&two]));
    stage.put_manifest("app", "both", &both).await.expect(201);
    stage.put_manifest("app", "second", &second).await.expect(201);
    let signature = Image::oci("signature").with_manifest(|manifest| manifest["subject"] = both.descriptor());
    stage.push("app", "signature", &signature).await;
    stage.fails("UpdateImageStorageClass", update("v1", "ARCHIVE"), UNSUPPORTED).await;
    let referrers = async |status: Value| {
        let subject = json!({"imageDigest": both.digest()});
        let asked =
            json!({"repositoryName": "app", "subjectId": subject, "filter": {"artifactStatus": status}});
        let listed = stage.done("ListImageReferrers", asked).await["referrers"].as_array().unwrap().clone();
        listed.iter().map(|one| one["artifactStatus"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(referrers(Value::Null).await, ["ACTIVE"]);
    stage.done("UpdateImageStorageClass", update("both", "ARCHIVE")).await;
    let archived = json!({"imageStatus": "ARCHIVED"});
    let mut gone = listed(&stage, archived.clone()).await;
    gone.sort_unstable();
    assert_eq!(gone, ["both", "signature", "v1"], "another index needs v2");
    assert_eq!(
        (referrers(Value::Null).await, referrers("ARCHIVED".into()).await),
        (vec![], vec![json!("ARCHIVED")])
    );
    let over_v2 = stage.get(&format!("/v2/app/referrers/{}", both.digest())).await.expect(200);
    assert_eq!(over_v2.json()["manifests"], json!([]));
    stage.done("UpdateImageStorageClass", update("both", "STANDARD")).await;
    clock.advance(Duration::from_secs(60));
    assert_eq!(listed(&stage, archived).await, Vec::<String>::new());
    assert_eq!(listed(&stage, json!({})).await.len(), 5);
}

#[tokio::test]
async fn enhanced_scanning_says_that_an_image_is_archived() {
    let clock = Clock::default();
    let stage = with_images(&clock).await;
    let filters = json!([{"filter": "*", "filterType": "WILDCARD"}]);
    let rules = json!([{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": filters}]);
    stage.done("PutRegistryScanningConfiguration", json!({"scanType": "ENHANCED", "rules": rules})).await;
    stage.done("UpdateImageStorageClass", update("v1", "ARCHIVE")).await;
    let scan = json!({"repositoryName": "app", "imageId": {"imageTag": "v1"}});
    let told = stage.done("DescribeImageScanFindings", scan).await;
    assert_eq!(told["imageScanStatus"], json!({"status": "IMAGE_ARCHIVED"}));
}
