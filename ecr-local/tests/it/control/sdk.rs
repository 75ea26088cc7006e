//! The SDK for Python, which knows the service models.

use std::time::Duration;

use ecr_local::{ScanOutcome, ScanScript, UpstreamSecret};
use fixtures::tool::{Tool, pinned};
use serde_json::{Value, json};

use crate::stage::Stage;

const WALKING: &str = include_str!("walking.py");

/// Walks the model of a service, and gives what was counted.
async fn walk(stage: &Stage, service: &str, walk: &str) -> String {
    let (code, endpoint) = (format!("{WALKING}\n\n{walk}"), format!("http://{}", stage.host()));
    let python = Tool::new(pinned("python/bin/python")).args(["-c", &code, &endpoint, service]);
    python.env("AWS_EC2_METADATA_DISABLED", "true").run().await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn botocore_gets_what_its_model_of_ecr_says() {
    let (findings, enhanced_findings) = findings();
    let outcome = ScanOutcome { findings, enhanced_findings, ..ScanOutcome::default() };
    let script = ScanScript { outcome: Some(outcome), ..ScanScript::default() };
    // No backfill may end on the way.
    let slowly = Duration::from_secs(60 * 60);
    let secret = json!({"username": "walker", "accessToken": "s3cret"}).to_string();
    let stage = Stage::with(|builder| {
        builder
            .scan_time(Duration::ZERO)
            .scan_script(script)
            .replication_delay(slowly)
            .upstream_endpoint("registry-1.docker.io", "http://127.0.0.1:9")
            .upstream_secret("ecr-pullthroughcache/walk", UpstreamSecret::Text(secret.into()))
    })
    .await;
    let walked = walk(&stage, "ecr", include_str!("walk.py")).await;
    assert!(walked.contains("62 operations"), "{walked}");
}

/// Of both kinds, with members of every type.
fn findings() -> (Vec<Value>, Vec<Value>) {
    let basic = json!({
        "name": "CVE-2026-1",
        "description": "x",
        "uri": "https://example.org",
        "severity": "HIGH",
        "attributes": [{"key": "package_name", "value": "zlib"}],
    });
    let enhanced = json!({
        "awsAccountId": "000000000000",
        "firstObservedAt": 1_700_000_000,
        "score": 7.5,
        "severity": "HIGH",
        "packageVulnerabilityDetails": {
            "vulnerabilityId": "CVE-2026-2",
            "cvss": [{"baseScore": 7.5, "version": "3.1"}],
            "vulnerablePackages": [{"name": "zlib", "epoch": 0, "fixedInVersion": "1.3"}],
        },
        "resources": [{"id": "x", "tags": {"team": "ci"}, "details": {"awsEcrContainerImage": {"inUseCount": 1}}}],
    });
    (vec![basic.clone(), basic], vec![enhanced])
}

#[tokio::test(flavor = "multi_thread")]
async fn botocore_gets_what_its_model_of_ecr_public_says() {
    let walked = walk(&Stage::start().await, "ecr-public", include_str!("walk_public.py")).await;
    assert!(walked.contains("23 operations"), "{walked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn botocore_gets_what_its_model_of_ecs_says() {
    let walked = walk(&Stage::start().await, "ecs", include_str!("walk_ecs.py")).await;
    assert!(walked.contains("10 operations"), "{walked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn botocore_gets_what_its_model_of_sts_says() {
    let walked = walk(&Stage::start().await, "sts", include_str!("walk_sts.py")).await;
    assert!(walked.contains("3 operations"), "{walked}");
}
