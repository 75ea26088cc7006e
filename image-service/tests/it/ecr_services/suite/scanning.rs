//! Scans of both kinds, from their start to their findings.

use aws_sdk_ecr::types::{
    RegistryScanningRule, ScanFrequency as Frequency, ScanType as Type, ScanningRepositoryFilter,
    ScanningRepositoryFilterType,
};
use ecr_local::ScanOutcome;
use fixtures::images::Image;
use futures_util::{StreamExt as _, TryStreamExt as _};
use imageservice_proto::ecr::v1::{
    GetRepositoryRequest, GetScanFindingsRequest, GetScanStatusRequest, ScanFrequency, ScanProgress,
    ScanState, ScanType, StartScanRequest, StreamScanFindingsRequest, WaitForScanRequest,
    scan_progress::Phase,
};
use serde_json::{Value, json};

use crate::ecr_services::{
    seeds::{self, APP, tag},
    world::{LONG, World, reason},
};

/// Moto has findings of its own.
pub(crate) async fn scans_an_image(world: &World) {
    with_image(world).await;
    assert_eq!(reason(world.scans().get_scan_findings(findings()).await), "SCAN_NOT_FOUND");
    assert_eq!(state(world).await, ScanState::NotScanned);
    world.scans_find(basic(&["HIGH"])).await;
    world.scans().start_scan(start()).await.unwrap();
    assert_eq!(reason(world.scans().start_scan(start()).await), "LIMIT_EXCEEDED");
    let last = waited(world).await;
    assert_eq!(last.phase(), Phase::Done);
    assert_eq!(last.scan_status.unwrap().status(), ScanState::Complete);
    assert!(last.summary.unwrap().image_scan_completed_at.is_some());
    let found = world.scans().get_scan_findings(findings()).await.unwrap().into_inner();
    assert!(!found.scan_findings.unwrap().findings.is_empty());
    assert_eq!(state(world).await, ScanState::Complete);
}

pub(crate) async fn pages_findings(world: &World) {
    with_image(world).await;
    world.scans_find(basic(&["HIGH", "LOW", "LOW"])).await;
    world.scans().start_scan(start()).await.unwrap();
    let summary = waited(world).await.summary.unwrap();
    assert_eq!((summary.finding_severity_counts["HIGH"], summary.finding_severity_counts["LOW"]), (1, 2));
    let (mut names, mut page_token) = (Vec::new(), String::new());
    for expected in [2, 1] {
        let page = GetScanFindingsRequest { page_size: 2, page_token, ..findings() };
        let page = world.scans().get_scan_findings(page).await.unwrap().into_inner();
        let found = page.scan_findings.unwrap().findings;
        assert_eq!(found.len(), expected);
        names.extend(found.into_iter().map(|finding| finding.name));
        page_token = page.next_page_token;
    }
    assert_eq!((names.join(" "), page_token.as_str()), ("CVE-0 CVE-1 CVE-2".to_owned(), ""));
    let all = StreamScanFindingsRequest {
        repository_name: APP.into(),
        image_id: Some(tag("v1")),
        ..Default::default()
    };
    let all = world.scans().stream_scan_findings(all).await.unwrap().into_inner();
    let all: Vec<_> = all.try_collect().await.unwrap();
    assert_eq!(all.iter().map(|page| page.scan_findings.as_ref().unwrap().findings.len()).sum::<usize>(), 3);
}

pub(crate) async fn scans_continuously(world: &World) {
    enhance(world).await;
    world.scans_find(enhanced("CVE-2026-1")).await;
    with_image(world).await;
    assert_eq!(state(world).await, ScanState::Pending);
    assert_eq!(reason(world.scans().start_scan(start()).await), "MANUAL_SCAN_DISABLED");
    let last = waited(world).await;
    assert_eq!(
        (last.phase(), last.scan_status.unwrap().status()),
        (Phase::Done, ScanState::Active),
        "what is scanned continuously is never complete"
    );
    let found = world.scans().get_scan_findings(findings()).await.unwrap().into_inner();
    let found = found.scan_findings.unwrap();
    assert!(found.findings.is_empty());
    assert_eq!(found.enhanced_findings[0].vulnerability_id, "CVE-2026-1");
    assert_eq!(found.finding_severity_counts["UNTRIAGED"], 1);

    let get =
        GetRepositoryRequest { repository_name: APP.into(), scan_frequency: true, ..Default::default() };
    let repository = world.repositories().get_repository(get).await.unwrap().into_inner();
    let scanning = repository.image_scanning_configuration.unwrap();
    assert_eq!(scanning.scan_type(), ScanType::Enhanced);
    assert_eq!(scanning.scan_frequency(), ScanFrequency::ContinuousScan);
}

async fn with_image(world: &World) {
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    seeds::push(&sdk, APP, &Image::docker("app"), &["v1"]).await;
}

/// Amazon Inspector scans every repository.
async fn enhance(world: &World) {
    let every = ScanningRepositoryFilter::builder().filter("*");
    let every = every.filter_type(ScanningRepositoryFilterType::Wildcard).build().unwrap();
    let rule = RegistryScanningRule::builder().scan_frequency(Frequency::ContinuousScan);
    let rule = rule.repository_filters(every).build().unwrap();
    let sdk = world.sdk().await;
    sdk.put_registry_scanning_configuration().scan_type(Type::Enhanced).rules(rule).send().await.unwrap();
}

/// Waits for the scan, whose time passes once somebody is known to wait. What was told last.
async fn waited(world: &World) -> ScanProgress {
    let wait =
        WaitForScanRequest { repository_name: APP.into(), image_id: Some(tag("v1")), ..Default::default() };
    let mut told = world.scans().wait_for_scan(wait).await.unwrap().into_inner();
    let mut last = None;
    while let Some(progress) = told.next().await {
        let progress = progress.unwrap();
        if progress.phase() == Phase::Waiting {
            world.pass(LONG);
        }
        last = Some(progress);
    }
    last.unwrap()
}

async fn state(world: &World) -> ScanState {
    let status =
        GetScanStatusRequest { repository_name: APP.into(), image_id: Some(tag("v1")), ..Default::default() };
    let status = world.scans().get_scan_status(status).await.unwrap().into_inner();
    status.scan_status.unwrap().status()
}

fn start() -> StartScanRequest {
    StartScanRequest { repository_name: APP.into(), image_id: Some(tag("v1")), ..Default::default() }
}

fn findings() -> GetScanFindingsRequest {
    GetScanFindingsRequest { repository_name: APP.into(), image_id: Some(tag("v1")), ..Default::default() }
}

fn basic(severities: &[&str]) -> ScanOutcome {
    let finding = |(number, severity): (usize, &&str)| -> Value {
        json!({ "name": format!("CVE-{number}"), "severity": severity, "uri": "https://cve.example" })
    };
    ScanOutcome { findings: severities.iter().enumerate().map(finding).collect(), ..ScanOutcome::default() }
}

fn enhanced(id: &str) -> ScanOutcome {
    let finding = json!({ "severity": "UNTRIAGED", "status": "ACTIVE", "score": 7.5,
        "packageVulnerabilityDetails": { "vulnerabilityId": id } });
    ScanOutcome { enhanced_findings: vec![finding], ..ScanOutcome::default() }
}
