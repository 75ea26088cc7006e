//! Scans: begun by calls and by pushes, once in a day.

use std::time::Duration;

use ecr_local::{Clock, ScanOutcome, ScanScript};
use fixtures::images::{Content, Image, OCI_INDEX, OCI_MANIFEST};
use serde_json::{Value, json};

use crate::stage::Stage;

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// So long a scan takes here.
pub(super) const SCAN: Duration = Duration::from_secs(10 * 60);

pub(super) fn image(tag: &str) -> Value {
    json!({"repositoryName": "app", "imageId": {"imageTag": tag}})
}

pub(super) fn finding(name: &str, severity: &str) -> Value {
    json!({"name": name, "severity": severity, "uri": "https://example.org", "attributes": [{"key": "package_name", "value": "zlib"}]})
}

pub(super) fn enhanced_finding(id: &str, severity: &str) -> Value {
    json!({"severity": severity, "status": "ACTIVE", "score": 7.5, "packageVulnerabilityDetails": {"vulnerabilityId": id}})
}

pub(super) fn script(outcome: ScanOutcome) -> ScanScript {
    ScanScript { outcome: Some(outcome), ..ScanScript::default() }
}

pub(super) async fn enhanced(stage: &Stage, frequency: &str) {
    let filters = json!([{"filter": "*", "filterType": "WILDCARD"}]);
    let rules = json!([{"scanFrequency": frequency, "repositoryFilters": filters}]);
    stage.done("PutRegistryScanningConfiguration", json!({"scanType": "ENHANCED", "rules": rules})).await;
}

/// A stage with a clock, and an image with the tag `v1`.
pub(super) async fn with_image(clock: &Clock) -> Stage {
    let stage = Stage::with(|builder| builder.clock(clock.clone()).scan_time(SCAN)).await;
    stage.push("app", "v1", &Image::oci("one")).await;
    stage
}

pub(super) async fn status_of(stage: &Stage, tag: &str) -> Value {
    stage.done("DescribeImageScanFindings", image(tag)).await["imageScanStatus"]["status"].clone()
}

#[tokio::test]
async fn an_image_that_was_never_scanned_has_no_scan() {
    let stage = with_image(&Clock::default()).await;
    let message = stage.fails("DescribeImageScanFindings", image("v1"), "ScanNotFoundException").await;
    assert_eq!(
        message,
        "Image scan does not exist for the image with '{imageDigest:'null', imageTag:'v1'}' in the repository with name 'app' in the registry with id '000000000000'"
    );
    for operation in ["StartImageScan", "DescribeImageScanFindings"] {
        stage.fails(operation, image("no"), "ImageNotFoundException").await;
        let nothing = json!({"repositoryName": "app", "imageId": {}});
        stage.fails(operation, nothing, "InvalidParameterException").await;
        let elsewhere = json!({"repositoryName": "none", "imageId": {"imageTag": "v1"}});
        stage.fails(operation, elsewhere, "RepositoryNotFoundException").await;
    }
}

#[tokio::test]
async fn what_is_no_image_of_a_system_is_not_scanned() {
    let stage = with_image(&Clock::default()).await;
    let entries = [Image::oci("one").manifest.entry("linux/amd64")];
    let index =
        Content::json(OCI_INDEX, &json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}));
    stage.put_manifest("app", "index", &index).await.expect(201);
    let artifact = |name: &str| {
        Image::oci(name)
            .with_manifest(|manifest| manifest["artifactType"] = "application/vnd.example.sbom".into())
    };
    stage.push("app", "artifact", &artifact("one")).await;
    for (tag, media_type) in [("index", OCI_INDEX), ("artifact", "application/vnd.example.sbom")] {
        let message = stage.fails("StartImageScan", image(tag), "UnsupportedImageTypeException").await;
        assert_eq!(
            message,
            format!(
                "An artifact with media type '{media_type}' cannot be scanned. For more information, see the Amazon ECR documentation."
            )
        );
    }
    let on_push = json!({"repositoryName": "app", "imageScanningConfiguration": {"scanOnPush": true}});
    stage.done("PutImageScanningConfiguration", on_push).await;
    stage.push("app", "pushed", &artifact("two")).await;
    stage.fails("DescribeImageScanFindings", image("pushed"), "ScanNotFoundException").await;
}

#[tokio::test]
async fn an_image_is_scanned_once_in_a_day() {
    let clock = Clock::default();
    let stage = with_image(&clock).await;
    let started = stage.done("StartImageScan", image("v1")).await;
    let digest = Image::oci("one").manifest.digest();
    assert_eq!(started["imageId"], json!({"imageDigest": digest, "imageTag": "v1"}));
    assert_eq!(started["imageScanStatus"], json!({"status": "IN_PROGRESS"}));
    let running = stage.done("DescribeImageScanFindings", image("v1")).await;
    assert_eq!(running["imageScanStatus"], json!({"status": "IN_PROGRESS"}));
    assert_eq!(running.get("imageScanFindings"), None);
    clock.advance(SCAN);
    let over = stage.done("DescribeImageScanFindings", image("v1")).await;
    assert_eq!(
        over["imageScanStatus"],
        json!({"status": "COMPLETE", "description": "The scan was completed successfully."})
    );
    assert_eq!(over["imageScanFindings"]["findings"], json!([]));
    assert_eq!(over["imageScanFindings"]["findingSeverityCounts"], json!({}));
    let message = stage.fails("StartImageScan", image("v1"), "LimitExceededException").await;
    assert_eq!(message, "The scan quota per image has been exceeded. Wait and try again.");
    clock.advance(DAY);
    stage.done("StartImageScan", image("v1")).await;
    assert_eq!(status_of(&stage, "v1").await, "IN_PROGRESS");
}

#[tokio::test]
async fn a_push_over_either_plane_begins_a_scan_which_counts_as_the_one_of_the_day() {
    let clock = Clock::default();
    let stage = Stage::with(|builder| builder.clock(clock.clone()).scan_time(SCAN)).await;
    let create = json!({"repositoryName": "app", "imageScanningConfiguration": {"scanOnPush": true}});
    stage.done("CreateRepository", create).await;
    stage.push("app", "v1", &Image::oci("one")).await;
    let two = Image::oci("two");
    for part in two.layers.iter().chain([&two.config]) {
        stage.push_blob("app", part.bytes.clone()).await;
    }
    let text = String::from_utf8(two.manifest.bytes.to_vec()).unwrap();
    let put = json!({"repositoryName": "app", "imageManifest": text, "imageTag": "v2", "imageManifestMediaType": OCI_MANIFEST});
    stage.done("PutImage", put).await;
    for tag in ["v1", "v2"] {
        assert_eq!(status_of(&stage, tag).await, "IN_PROGRESS");
        stage.fails("StartImageScan", image(tag), "LimitExceededException").await;
    }
    clock.advance(SCAN);
    let first = stage.done("DescribeImageScanFindings", image("v1")).await;
    clock.advance(DAY);
    stage.put_manifest("app", "latest", &Image::oci("one").manifest).await.expect(201);
    let again = stage.done("DescribeImageScanFindings", image("v1")).await;
    assert_eq!(again["imageScanFindings"], first["imageScanFindings"], "another tag is no other image");
}
