//! What a call is: whose identity made it, and where.

use serde_json::json;

use super::world::{World, answer};

#[tokio::test]
async fn a_call_goes_to_the_region_that_the_request_names() {
    let world = World::new().await;
    world.always(answer(&json!({ "imageDetails": [] })));
    world.describe_images_at(&image_service::ecr::Place::parse("", "ap-south-2").unwrap()).await.unwrap();
    let requests = world.server.requests();
    let signed = requests[0].authorization().unwrap();
    assert!(signed.contains("AKIDBASE/") && signed.contains("/ap-south-2/ecr/"), "{signed}");
}
