//! What a call leaves behind: counts, and whose identity made it.

use image_service::ecr::{
    Operation,
    metrics::{CALLS, IMAGES, LATENCY, Measured, SCANS},
};
use serde_json::json;

use super::world::{World, answer, refusal};

#[tokio::test]
async fn calls_are_counted_by_operation_and_outcome_and_timed() {
    let world = World::new().await;
    world.next(answer(&json!({ "imageDetails": [] })));
    world.describe_images().await.unwrap();
    world.next(refusal(400, "ImageNotFoundException", json!({})));
    world.describe_images().await.unwrap_err();
    world.ecr.calls().count_images(Operation::DescribeImages, 7);
    world.ecr.calls().count_scan(Operation::StartImageScan);
    let read = world.ecr.metrics().read();
    for outcome in ["ok", "IMAGE_NOT_FOUND"] {
        let labels = vec![("operation", "DescribeImages"), ("outcome", outcome)];
        assert_eq!(read[&(CALLS, labels.clone())], Measured::Count(1));
        assert!(matches!(read[&(LATENCY, labels)], Measured::Times { count: 1, .. }));
    }
    assert_eq!(read[&(IMAGES, vec![("operation", "DescribeImages")])], Measured::Count(7));
    assert_eq!(read[&(SCANS, vec![("operation", "StartImageScan")])], Measured::Count(1));
}

#[tokio::test]
async fn a_call_goes_to_the_region_that_the_request_names() {
    let world = World::new().await;
    world.always(answer(&json!({ "imageDetails": [] })));
    world.describe_images_at(&image_service::ecr::Place::parse("", "ap-south-2").unwrap()).await.unwrap();
    let requests = world.server.requests();
    let signed = requests[0].authorization().unwrap();
    assert!(signed.contains("AKIDBASE/") && signed.contains("/ap-south-2/ecr/"), "{signed}");
}
