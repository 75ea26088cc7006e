//! The SDK for Python, which knows the service models.

use fixtures::tool::{Tool, pinned};

use crate::stage::Stage;

const WALKING: &str = include_str!("walking.py");

/// Walks the model of a service, and gives what was counted.
async fn walk(service: &str, walk: &str) -> String {
    let stage = Stage::start().await;
    let (code, endpoint) = (format!("{WALKING}\n\n{walk}"), format!("http://{}", stage.host()));
    let python = Tool::new(pinned("python/bin/python")).args(["-c", &code, &endpoint, service]);
    python.env("AWS_EC2_METADATA_DISABLED", "true").run().await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn botocore_gets_what_its_model_of_ecr_says() {
    let walked = walk("ecr", include_str!("walk.py")).await;
    assert!(walked.contains("31 operations"), "{walked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn botocore_gets_what_its_model_of_ecr_public_says() {
    let walked = walk("ecr-public", include_str!("walk_public.py")).await;
    assert!(walked.contains("23 operations"), "{walked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn botocore_gets_what_its_model_of_ecs_says() {
    let walked = walk("ecs", include_str!("walk_ecs.py")).await;
    assert!(walked.contains("10 operations"), "{walked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn botocore_gets_what_its_model_of_sts_says() {
    let walked = walk("sts", include_str!("walk_sts.py")).await;
    assert!(walked.contains("3 operations"), "{walked}");
}
