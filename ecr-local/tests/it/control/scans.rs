//! Scans: begun by calls and by pushes, held back and scripted, and what they are told to have found.

use std::time::Duration;

use ecr_local::{BasicScanVersion, Clock, ScanOutcome, ScanScript, ScanStatus};
use fixtures::images::{Content, Image, OCI_INDEX, OCI_MANIFEST};
use serde_json::{Value, json};

use crate::stage::Stage;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn image(tag: &str) -> Value {
    json!({"repositoryName": "app", "imageId": {"imageTag": tag}})
}

fn finding(name: &str, severity: &str) -> Value {
    json!({"name": name, "severity": severity, "uri": "https://example.org", "attributes": [{"key": "package_name", "value": "zlib"}]})
}

fn enhanced_finding(id: &str, severity: &str) -> Value {
    json!({"severity": severity, "status": "ACTIVE", "score": 7.5, "packageVulnerabilityDetails": {"vulnerabilityId": id}})
}

fn script(outcome: ScanOutcome) -> ScanScript {
    ScanScript { outcome: Some(outcome), ..ScanScript::default() }
}

async fn enhanced(stage: &Stage, frequency: &str) {
    let filters = json!([{"filter": "*", "filterType": "WILDCARD"}]);
    let rules = json!([{"scanFrequency": frequency, "repositoryFilters": filters}]);
    stage.done("PutRegistryScanningConfiguration", json!({"scanType": "ENHANCED", "rules": rules})).await;
}

/// A stage with a clock, and an image with the tag `v1`.
async fn with_image(clock: &Clock) -> Stage {
    let stage = Stage::with(|builder| builder.clock(clock.clone())).await;
    stage.push("app", "v1", &Image::oci("one")).await;
    stage
}

async fn status_of(stage: &Stage, tag: &str) -> Value {
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
    clock.advance(Duration::from_secs(5));
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
    let stage = Stage::with(|builder| builder.clock(clock.clone())).await;
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
    clock.advance(Duration::from_secs(5));
    let first = stage.done("DescribeImageScanFindings", image("v1")).await;
    clock.advance(DAY);
    stage.put_manifest("app", "latest", &Image::oci("one").manifest).await.expect(201);
    let again = stage.done("DescribeImageScanFindings", image("v1")).await;
    assert_eq!(again["imageScanFindings"], first["imageScanFindings"], "another tag is no other image");
}

#[tokio::test]
async fn findings_come_in_pages_with_counts_of_them_all() {
    let clock = Clock::default();
    let stage = with_image(&clock).await;
    let findings: Vec<_> =
        ["HIGH", "LOW", "LOW"].iter().enumerate().map(|(n, s)| finding(&format!("CVE-{n}"), s)).collect();
    let enhanced_findings = vec![enhanced_finding("CVE-3", "UNTRIAGED"), enhanced_finding("CVE-4", "HIGH")];
    let outcome = ScanOutcome {
        findings: findings.clone(),
        enhanced_findings: enhanced_findings.clone(),
        ..ScanOutcome::default()
    };
    stage.running().script_scans(&script(outcome)).await.unwrap();
    stage.done("StartImageScan", image("v1")).await;
    clock.advance(Duration::from_secs(5));
    let whole = stage.done("DescribeImageScanFindings", image("v1")).await;
    assert_eq!(whole["imageScanFindings"]["findings"], json!(findings));
    assert_eq!(whole["imageScanFindings"].get("enhancedFindings"), None, "basic scanning has none");
    assert_eq!(whole["imageScanFindings"]["findingSeverityCounts"], json!({"HIGH": 1, "LOW": 2}));
    enhanced(&stage, "CONTINUOUS_SCAN").await;
    clock.advance(Duration::from_secs(5));
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
    clock.advance(Duration::from_secs(5));
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
    stage.restart(|builder| builder.clock(clock.clone()).scan_script(failed)).await;
    let told = stage.done("DescribeImageScanFindings", image("v1")).await;
    assert_eq!(told["imageScanStatus"], json!({"status": "FAILED", "description": "out of order"}));
    assert_eq!(told.get("imageScanFindings"), None);
    stage.restart(|builder| builder.clock(clock.clone())).await;
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
    assert!(completed(&over) - completed(&other) > 86_000, "{over} {other}");
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
        (ScanScript { digest: Some("sha256:x".to_owned()), ..ScanScript::default() }, "digest"),
    ] {
        let error = stage.running().script_scans(&script).await.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}

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
    clock.advance(Duration::from_secs(5));
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
    clock.advance(Duration::from_secs(5));
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
    clock.advance(Duration::from_secs(5));
    assert_eq!(described(&stage, "v1").await, [Value::Null, Value::Null]);
    let older = async |stage: &mut Stage| {
        stage
            .restart(|builder| builder.clock(clock.clone()).basic_scan_version(BasicScanVersion::Clair))
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
        clock.advance(Duration::from_secs(5));
        assert_eq!(status_of(&stage, "v1").await, "SCAN_ELIGIBILITY_EXPIRED", "{frequency}");
    }
}
