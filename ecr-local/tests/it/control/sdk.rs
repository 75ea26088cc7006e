//! The SDK for Python, which knows the service model.

use fixtures::tool::{Tool, pinned};

use crate::stage::Stage;

const WALK: &str = include_str!("walk.py");

#[tokio::test(flavor = "multi_thread")]
async fn botocore_gets_what_its_model_says() {
    let stage = Stage::start().await;
    let python =
        Tool::new(pinned("python/bin/python")).args(["-c", WALK, &format!("http://{}", stage.host())]);
    let walked = python.env("AWS_EC2_METADATA_DISABLED", "true").run().await.ok();
    assert!(walked.contains("31 operations"), "{walked}");
}
