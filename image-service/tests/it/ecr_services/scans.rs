//! ScanService.

use futures_util::{StreamExt as _, TryStreamExt as _};
use imageservice_proto::ecr::v1::{
    FindingStatus, GetScanFindingsRequest, GetScanStatusRequest, ScanProgress, ScanState, Severity,
    StartScanRequest, StreamScanFindingsRequest, WaitForScanRequest, scan_progress::Phase,
};
use prost_types::Duration;
use serde_json::{Value, json};
use tonic::Code;

use super::{
    script,
    seeds::{APP, tag},
    world::{ACCOUNT, World, reason},
};

const QUICK: &str = "scans = { first_poll_ms = 1, longest_poll_ms = 2 }";

fn start() -> StartScanRequest {
    StartScanRequest { repository_name: APP.into(), image_id: Some(tag("v1")), ..Default::default() }
}

fn findings() -> GetScanFindingsRequest {
    GetScanFindingsRequest { repository_name: APP.into(), image_id: Some(tag("v1")), ..Default::default() }
}

fn status() -> GetScanStatusRequest {
    GetScanStatusRequest { repository_name: APP.into(), image_id: Some(tag("v1")), ..Default::default() }
}

fn wait() -> WaitForScanRequest {
    WaitForScanRequest { repository_name: APP.into(), image_id: Some(tag("v1")), ..Default::default() }
}

fn scan(state: &str) -> Value {
    json!({
        "imageId": { "imageDigest": "sha256:a", "imageTag": "v1" },
        "imageScanStatus": { "status": state, "description": "as the script says" },
        "imageScanFindings": { "findingSeverityCounts": { "HIGH": 2 }, "imageScanCompletedAt": 1_700_000_000.5 },
    })
}

async fn waited(world: &World, wait: WaitForScanRequest) -> Vec<Result<ScanProgress, tonic::Status>> {
    world.scans().wait_for_scan(wait).await.unwrap().into_inner().collect().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_without_a_scan_has_no_findings_and_says_so() {
    let world = World::scripted("").await;
    script::refuse(world.script(), "ScanNotFoundException");
    assert_eq!(reason(world.scans().get_scan_findings(findings()).await), "SCAN_NOT_FOUND");
    script::refuse(world.script(), "ScanNotFoundException");
    script::next(world.script(), &json!({ "imageDetails": [{ "imageDigest": "sha256:a" }] }));
    let status = world.scans().get_scan_status(status()).await.unwrap().into_inner();
    assert_eq!(status.scan_status.unwrap().status(), ScanState::NotScanned);
    assert_eq!(status.image_id.unwrap().image_digest, "sha256:a");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_scan_within_a_day_is_refused_and_not_tried_again() {
    let world = World::scripted("").await;
    script::refuse(world.script(), "LimitExceededException");
    let answer = world.scans().start_scan(start()).await;
    assert_eq!(answer.as_ref().unwrap_err().code(), Code::ResourceExhausted);
    assert_eq!(reason(answer), "LIMIT_EXCEEDED");
    assert_eq!(script::operations(world.script()), ["StartImageScan"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_inspector_scans_says_why_no_scan_can_be_started() {
    let world = World::scripted("").await;
    script::refuse(world.script(), "ValidationException");
    let enhanced = json!({ "registryId": ACCOUNT, "scanningConfiguration": { "scanType": "ENHANCED" } });
    script::next(world.script(), &enhanced);
    let answer = world.scans().start_scan(start()).await;
    assert_eq!(answer.as_ref().unwrap_err().code(), Code::FailedPrecondition);
    assert_eq!(reason(answer), "MANUAL_SCAN_DISABLED");

    script::refuse(world.script(), "ValidationException");
    script::next(world.script(), &json!({ "scanningConfiguration": { "scanType": "BASIC" } }));
    assert_eq!(reason(world.scans().start_scan(start()).await), "VALIDATION");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_too_long_is_told_where_the_scan_is() {
    let world = World::scripted(QUICK).await;
    world.script().always(
        http::Method::POST,
        "/",
        fixtures::registry::Reply::json(200, &scan("IN_PROGRESS")),
    );
    let timeout = Some(Duration { seconds: 0, nanos: 30_000_000 });
    let mut told = waited(&world, WaitForScanRequest { timeout, ..wait() }).await;
    let end = told.pop().unwrap();
    assert_eq!(end.as_ref().unwrap_err().code(), Code::DeadlineExceeded);
    assert!(end.as_ref().unwrap_err().message().contains("IN_PROGRESS"));
    assert_eq!(reason(end), "TIMED_OUT");
    assert!(!told.is_empty());
    assert!(told.iter().all(|progress| progress.as_ref().unwrap().phase() == Phase::Waiting));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_makes_no_sense_or_meets_a_refusal_ends_at_once() {
    let world = World::scripted(QUICK).await;
    let timeout = Some(Duration { seconds: -1, nanos: 0 });
    let told = waited(&world, WaitForScanRequest { timeout, ..wait() }).await;
    assert_eq!(told.into_iter().map(reason).collect::<Vec<_>>(), ["INVALID_PARAMETER"]);
    script::next(world.script(), &scan("PENDING"));
    script::refuse(world.script(), "ImageNotFoundException");
    let mut told = waited(&world, wait()).await;
    assert_eq!(reason(told.pop().unwrap()), "IMAGE_NOT_FOUND");
    assert_eq!(told.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_with_every_state_that_leads_nowhere() {
    let world = World::scripted(QUICK).await;
    for (state, expected) in [
        ("FAILED", ScanState::Failed),
        ("UNSUPPORTED_IMAGE", ScanState::Unsupported),
        ("FINDINGS_UNAVAILABLE", ScanState::FindingsUnavailable),
        ("LIMIT_EXCEEDED", ScanState::LimitExceeded),
        ("IMAGE_ARCHIVED", ScanState::ImageArchived),
        ("IMAGE_SIZE_EXCEEDED", ScanState::ImageSizeExceeded),
        ("SCAN_ELIGIBILITY_EXPIRED", ScanState::ScanEligibilityExpired),
    ] {
        script::next(world.script(), &scan(state));
        let told = waited(&world, wait()).await;
        let last = told.last().unwrap().as_ref().unwrap();
        assert_eq!((last.phase(), last.summary.as_ref()), (Phase::Ended, None), "{state}");
        assert_eq!(last.scan_status.as_ref().unwrap().status(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_goes_from_not_scanned_to_done() {
    for good in ["COMPLETE", "ACTIVE"] {
        let world = World::scripted(QUICK).await;
        script::refuse(world.script(), "ScanNotFoundException");
        script::next(world.script(), &json!({ "imageDetails": [{ "imageDigest": "sha256:a" }] }));
        script::next(world.script(), &scan("PENDING"));
        script::next(world.script(), &scan("BRAND_NEW"));
        script::next(world.script(), &scan(good));
        let told: Vec<_> = waited(&world, wait()).await.into_iter().map(Result::unwrap).collect();
        let phases: Vec<_> = told.iter().map(ScanProgress::phase).collect();
        assert_eq!(phases, [Phase::Waiting, Phase::Waiting, Phase::Waiting, Phase::Done]);
        let states: Vec<_> = told.iter().map(|told| told.scan_status.as_ref().unwrap().status()).collect();
        assert_eq!(states[..3], [ScanState::NotScanned, ScanState::Pending, ScanState::Unknown]);
        let summary = told[3].summary.as_ref().unwrap();
        assert_eq!(summary.finding_severity_counts["HIGH"], 2);
        assert_eq!(summary.image_scan_completed_at.unwrap().nanos, 500_000_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_waits_no_longer() {
    let world = World::scripted("scans = { first_poll_ms = 600000, longest_poll_ms = 600000 }").await;
    script::next(world.script(), &scan("IN_PROGRESS"));
    let mut told = world.scans().wait_for_scan(wait()).await.unwrap().into_inner();
    told.next().await.unwrap().unwrap();
    drop(told);
    script::next(world.script(), &scan("COMPLETE"));
    world.scans().get_scan_status(status()).await.unwrap();
    assert_eq!(script::calls(world.script()).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_of_both_kinds_come_over_all_pages() {
    let world = World::scripted("").await;
    let mut first = scan("ACTIVE");
    first["nextToken"] = "more".into();
    first["imageScanFindings"]["findings"] = json!([{
        "name": "CVE-1", "severity": "HIGH", "uri": "https://cve.example", "attributes": [{ "key": "package_name", "value": "zlib" }],
    }]);
    let mut second = scan("ACTIVE");
    second["imageScanFindings"]["findingSeverityCounts"] = json!({ "UNTRIAGED": 1 });
    second["imageScanFindings"]["enhancedFindings"] = json!([{
        "awsAccountId": ACCOUNT, "findingArn": "arn:x", "severity": "UNTRIAGED", "status": "ACTIVE", "score": 7.5, "title": "t",
        "type": "PACKAGE_VULNERABILITY", "fixAvailable": "YES", "firstObservedAt": 1_700_000_000.0,
        "packageVulnerabilityDetails": {
            "vulnerabilityId": "CVE-2", "cvss": [{ "baseScore": 7.5, "version": "3.1" }],
            "vulnerablePackages": [{ "name": "openssl", "epoch": 0, "fixedInVersion": "3.0.9" }],
        },
        "remediation": { "recommendation": { "text": "update" } },
        "resources": [{ "id": "r", "type": "AWS_ECR_CONTAINER_IMAGE",
            "details": { "awsEcrContainerImage": { "imageHash": "sha256:a", "inUseCount": 3 } } }],
        "scoreDetails": { "cvss": { "score": 7.5, "adjustments": [{ "metric": "m", "reason": "r" }] } },
    }]);
    script::next(world.script(), &first);
    script::next(world.script(), &second);
    let all = StreamScanFindingsRequest {
        repository_name: APP.into(),
        image_id: Some(tag("v1")),
        ..Default::default()
    };
    let pages = world.scans().stream_scan_findings(all).await.unwrap().into_inner();
    let pages: Vec<_> = pages.try_collect().await.unwrap();
    assert_eq!(pages[0].scan_status.as_ref().unwrap().status(), ScanState::Active);
    let basic = &pages[0].scan_findings.as_ref().unwrap().findings[0];
    assert_eq!((basic.severity(), basic.name.as_str()), (Severity::High, "CVE-1"));
    assert_eq!(basic.attributes[0].value, "zlib");
    let enhanced = pages[1].scan_findings.as_ref().unwrap();
    assert_eq!(enhanced.finding_severity_counts["UNTRIAGED"], 1);
    let enhanced = &enhanced.enhanced_findings[0];
    assert_eq!((enhanced.severity(), enhanced.status()), (Severity::Untriaged, FindingStatus::Active));
    assert_eq!(enhanced.vulnerability_id, "CVE-2");
    let details = enhanced.package_vulnerability_details.as_ref().unwrap();
    assert_eq!(details.vulnerable_packages[0].epoch, Some(0));
    let image = enhanced.resources[0].container_image.as_ref().unwrap();
    assert_eq!((image.image_hash.as_str(), image.in_use_count), ("sha256:a", Some(3)));
    assert_eq!(enhanced.score_details.as_ref().unwrap().cvss.as_ref().unwrap().adjustments[0].reason, "r");
}
