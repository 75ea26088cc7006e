//! The SDK for Python, which knows the service model.

use std::time::Duration;

use ecr_local::UpstreamSecret;
use fixtures::tool::{Tool, pinned};
use serde_json::json;

use crate::stage::Stage;

const WALK: &str = include_str!("walk.py");

#[tokio::test(flavor = "multi_thread")]
async fn botocore_gets_what_its_model_says() {
    // Nothing that takes its time may end on the way.
    let slowly = Duration::from_secs(60 * 60);
    let secret = json!({"username": "walker", "accessToken": "s3cret"}).to_string();
    let stage = Stage::with(|builder| {
        builder
            .replication_delay(slowly)
            .upstream_endpoint("registry-1.docker.io", "http://127.0.0.1:9")
            .upstream_secret("ecr-pullthroughcache/walk", UpstreamSecret::Text(secret.into()))
    })
    .await;
    let python =
        Tool::new(pinned("python/bin/python")).args(["-c", WALK, &format!("http://{}", stage.host())]);
    let walked = python.env("AWS_EC2_METADATA_DISABLED", "true").run().await.ok();
    assert!(walked.contains("47 operations"), "{walked}");
}
