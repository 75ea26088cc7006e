//! What scans are said to come to, and how that is told.

use ecr_local::{Clock, ScanOutcome, ScanScript, ScanStatus};
use fixtures::images::Image;
use serde_json::{Value, json};

use super::scans::{DAY, SCAN, enhanced, enhanced_finding, finding, image, script, status_of, with_image};
use crate::stage::Stage;

#[tokio::test]
async fn findings_come_in_pages_with_counts_of_them_all() {
    let clock = Clock::default();
    let stage = with_image(&clock).await;
    let mut with_null = finding("CVE-0", "HIGH");
    with_null["description"] = Value::Null;
    let findings: Vec<_> =
        ["HIGH", "LOW", "LOW"].iter().enumerate().map(|(n, s)| finding(&format!("CVE-{n}"), s)).collect();
    let enhanced_findings = vec![enhanced_finding("CVE-3", "UNTRIAGED"), enhanced_finding("CVE-4", "HIGH")];
    let outcome = ScanOutcome {
        findings: [&[with_null], &findings[1..]].concat(),
        enhanced_findings: enhanced_findings.clone(),
        ..ScanOutcome::default()
    };
    stage.running().script_scans(&script(outcome)).await.unwrap();
    stage.done("StartImageScan", image("v1")).await;
    clock.advance(SCAN);
    let whole = stage.done("DescribeImageScanFindings", image("v1")).await;
    assert_eq!(whole["imageScanFindings"]["findings"], json!(findings));
    assert_eq!(whole["imageScanFindings"].get("enhancedFindings"), None, "basic scanning has none");
    assert_eq!(whole["imageScanFindings"]["findingSeverityCounts"], json!({"HIGH": 1, "LOW": 2}));
    enhanced(&stage, "CONTINUOUS_SCAN").await;
    clock.advance(SCAN);
    let (mut seen, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut input = image("v1");
        (input["maxResults"], input["nextToken"]) = (2.into(), token);
        let page = stage.done("DescribeImageScanFindings", input).await;
        assert_eq!(
            page["imageScanFindings"]["findingSeverityCounts"],
            json!({"HIGH": 2, "LOW": 2, "UNTRIAGED": 1})
        );
        let lists = ["findings", "enhancedFindings"].map(|name| page["imageScanFindings"][name].as_array());
        let page_of: Vec<_> = lists.into_iter().flatten().flatten().cloned().collect();
        assert!(page_of.len() <= 2, "{page}");
        seen.extend(page_of);
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(seen, [findings, enhanced_findings].concat());
    let mut other = image("v1");
    other["nextToken"] = "x".into();
    stage.fails("DescribeImageScanFindings", other, "InvalidParameterException").await;
}

#[tokio::test]
async fn a_scan_comes_to_what_its_narrowest_script_says() {
    let clock = Clock::default();
    let mut stage = with_image(&clock).await;
    let digest = Image::oci("one").manifest.digest();
    stage.done("StartImageScan", image("v1")).await;
    clock.advance(SCAN);
    for (repository, digest, says, counts) in [
        (None, None, "registry", "registry"),
        (Some("app"), None, "repository", "repository"),
        (Some("other"), None, "other", "repository"),
        (None, Some(&digest), "image", "image"),
        (Some("app"), Some(&digest), "image here", "image here"),
        (None, None, "registry, later", "image here"),
    ] {
        let outcome = ScanOutcome { findings: vec![finding(says, "LOW")], ..ScanOutcome::default() };
        let (repository, digest) = (repository.map(str::to_owned), digest.cloned());
        stage.running().script_scans(&ScanScript { repository, digest, ..script(outcome) }).await.unwrap();
        let told = stage.done("DescribeImageScanFindings", image("v1")).await;
        assert_eq!(told["imageScanFindings"]["findings"][0]["name"], counts, "{says}");
    }
    let (status, description) = (Some(ScanStatus::Failed), Some("out of order".to_owned()));
    let failed = script(ScanOutcome { status, description, ..ScanOutcome::default() });
    let failed = ScanScript { repository: Some("app".to_owned()), digest: Some(digest), ..failed };
    stage.restart(|builder| builder.clock(clock.clone()).scan_time(SCAN).scan_script(failed)).await;
    let told = stage.done("DescribeImageScanFindings", image("v1")).await;
    assert_eq!(told["imageScanStatus"], json!({"status": "FAILED", "description": "out of order"}));
    assert_eq!(told.get("imageScanFindings"), None);
    stage.restart(|builder| builder.clock(clock.clone()).scan_time(SCAN)).await;
    assert_eq!(status_of(&stage, "v1").await, "FAILED", "scripts are kept");
}

#[tokio::test]
async fn a_scan_that_is_held_back_goes_on_until_it_is_released() {
    let clock = Clock::default();
    let stage = with_image(&clock).await;
    let hold = async |held: bool| {
        let script = ScanScript {
            repository: Some("app".to_owned()),
            digest: Some(Image::oci("one").manifest.digest()),
            held: Some(held),
            ..ScanScript::default()
        };
        stage.running().script_scans(&script).await.unwrap();
    };
    stage.push("app", "v2", &Image::oci("two")).await;
    stage.done("StartImageScan", image("v1")).await;
    stage.done("StartImageScan", image("v2")).await;
    hold(true).await;
    clock.advance(DAY);
    assert_eq!(
        (status_of(&stage, "v1").await, status_of(&stage, "v2").await),
        ("IN_PROGRESS".into(), "COMPLETE".into())
    );
    hold(false).await;
    let over = stage.done("DescribeImageScanFindings", image("v1")).await;
    let other = stage.done("DescribeImageScanFindings", image("v2")).await;
    let completed = |told: &Value| told["imageScanFindings"]["imageScanCompletedAt"].as_i64().unwrap();
    assert!(completed(&over) - completed(&other) > 80_000, "{over} {other}");
    hold(true).await;
    assert_eq!(status_of(&stage, "v1").await, "COMPLETE", "a scan that is over is not held back");
    stage.done("StartImageScan", image("v1")).await;
    hold(false).await;
    assert_eq!(
        status_of(&stage, "v1").await,
        "COMPLETE",
        "a scan that is released is over, however short it was"
    );
}

#[tokio::test]
async fn a_script_that_no_client_could_read_is_refused() {
    let stage = Stage::start().await;
    let with = |findings: Value, enhanced: Value| {
        let list = |value: Value| value.as_array().unwrap().clone();
        script(ScanOutcome {
            findings: list(findings),
            enhanced_findings: list(enhanced),
            ..ScanOutcome::default()
        })
    };
    for (script, why) in [
        (with(json!(["text"]), json!([])), "another type"),
        (with(json!([{"severity": "TERRIBLE"}]), json!([])), "enum value set"),
        (with(json!([{"cve": "CVE-1"}]), json!([])), "Member must be in the service model"),
        (with(json!([{"attributes": [{"value": "x"}]}]), json!([])), "must not be null"),
        (with(json!([]), json!([{"score": "high"}])), "another type"),
        (with(json!([]), json!([{"resources": [{"tags": {"a": 1}}]}])), "another type"),
        (ScanScript { repository: Some("A".to_owned()), ..ScanScript::default() }, "repository"),
        (ScanScript { account: "12".to_owned(), ..ScanScript::default() }, "account"),
        (ScanScript { digest: Some("sha256:x".to_owned()), ..ScanScript::default() }, "digest"),
    ] {
        let error = stage.running().script_scans(&script).await.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}
