//! Enhanced scanning, and where the results of scans are told beside their own call.

use ecr_local::{BasicScanVersion, Clock, ScanOutcome};
use fixtures::images::Image;
use serde_json::{Value, json};

use super::scans::{DAY, SCAN, enhanced, enhanced_finding, finding, image, script, status_of, with_image};
use crate::stage::Stage;

#[tokio::test]
async fn enhanced_scanning_goes_on_by_itself_and_by_no_call() {
    let clock = Clock::default();
    let stage = with_image(&clock).await;
    enhanced(&stage, "CONTINUOUS_SCAN").await;
    let message = stage.fails("StartImageScan", image("v1"), "ValidationException").await;
    assert_eq!(message, "This feature is disabled");
    stage.push("app", "v2", &Image::oci("two")).await;
    let outcome = ScanOutcome {
        enhanced_findings: vec![enhanced_finding("CVE-1", "UNTRIAGED")],
        ..ScanOutcome::default()
    };
    stage.running().script_scans(&script(outcome)).await.unwrap();
    for tag in ["v1", "v2"] {
        assert_eq!(status_of(&stage, tag).await, "PENDING");
    }
    clock.advance(SCAN);
    for tag in ["v1", "v2"] {
        let told = stage.done("DescribeImageScanFindings", image(tag)).await;
        assert_eq!(
            told["imageScanStatus"],
            json!({"status": "ACTIVE", "description": "Continuous scan is selected for image."})
        );
        assert_eq!(
            told["imageScanFindings"]["enhancedFindings"],
            json!([enhanced_finding("CVE-1", "UNTRIAGED")])
        );
        assert_eq!(told["imageScanFindings"]["findingSeverityCounts"], json!({"UNTRIAGED": 1}));
    }
    clock.advance(14 * DAY);
    stage.get("/v2/app/manifests/v2").await.expect(200);
    assert_eq!(status_of(&stage, "v1").await, "SCAN_ELIGIBILITY_EXPIRED");
    assert_eq!(status_of(&stage, "v2").await, "ACTIVE", "it was pulled lately");
    enhanced(&stage, "SCAN_ON_PUSH").await;
    stage.push("app", "v3", &Image::oci("three")).await;
    clock.advance(SCAN);
    for tag in ["v1", "v3"] {
        assert_eq!(status_of(&stage, tag).await, "COMPLETE");
    }
    stage.done("PutRegistryScanningConfiguration", json!({"scanType": "BASIC"})).await;
    stage.fails("DescribeImageScanFindings", image("v1"), "ScanNotFoundException").await;
}

#[tokio::test]
async fn images_are_described_with_their_scans_but_by_the_newer_basic_scanning() {
    let clock = Clock::default();
    let mut stage = with_image(&clock).await;
    let outcome = ScanOutcome { findings: vec![finding("CVE-1", "CRITICAL")], ..ScanOutcome::default() };
    stage.running().script_scans(&script(outcome)).await.unwrap();
    stage.push("app", "unscanned", &Image::oci("two")).await;
    stage.done("StartImageScan", image("v1")).await;
    let described = async |stage: &Stage, tag: &str| {
        let asked = json!({"repositoryName": "app", "imageIds": [{"imageTag": tag}]});
        let detail = stage.done("DescribeImages", asked).await["imageDetails"][0].clone();
        [
            detail["imageScanStatus"]["status"].clone(),
            detail["imageScanFindingsSummary"]["findingSeverityCounts"].clone(),
        ]
    };
    clock.advance(SCAN);
    assert_eq!(described(&stage, "v1").await, [Value::Null, Value::Null]);
    let older = async |stage: &mut Stage| {
        stage
            .restart(|builder| {
                builder.clock(clock.clone()).scan_time(SCAN).basic_scan_version(BasicScanVersion::Clair)
            })
            .await;
    };
    older(&mut stage).await;
    assert_eq!(described(&stage, "v1").await, [json!("COMPLETE"), json!({"CRITICAL": 1})]);
    assert_eq!(described(&stage, "unscanned").await, [Value::Null, Value::Null]);
    let page = stage.done("DescribeImages", json!({"repositoryName": "app", "maxResults": 5})).await;
    assert_eq!(
        page["imageDetails"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one.get("imageScanStatus").is_some())
            .count(),
        1
    );
    let newer = json!({"name": "BASIC_SCAN_TYPE_VERSION", "value": "AWS_NATIVE"});
    stage.done("PutAccountSetting", newer).await;
    assert_eq!(described(&stage, "v1").await, [Value::Null, Value::Null]);
    enhanced(&stage, "CONTINUOUS_SCAN").await;
    assert_eq!(described(&stage, "v1").await, [json!("PENDING"), Value::Null]);
}

#[tokio::test]
async fn enhanced_scanning_passes_over_images_of_long_ago_when_it_is_turned_on() {
    let clock = Clock::default();
    let stage = with_image(&clock).await;
    clock.advance(15 * DAY);
    for frequency in ["SCAN_ON_PUSH", "CONTINUOUS_SCAN"] {
        enhanced(&stage, frequency).await;
        clock.advance(SCAN);
        assert_eq!(status_of(&stage, "v1").await, "SCAN_ELIGIBILITY_EXPIRED", "{frequency}");
    }
}
