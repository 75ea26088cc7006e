//! When AWS is left alone, and how fast it is asked.

use fixtures::registry::Reply;
use image_service::{ecr::Place, error::EcrReason};
use serde_json::json;

use super::world::{World, answer, refusal};

#[tokio::test]
async fn after_failures_in_a_row_nobody_asks_but_other_kinds_and_other_regions_go_on() {
    let world = World::with("max_retries = 0\nbreaker = { failures = 2 }").await;
    world.next(Reply::status(500));
    world.next(Reply::hangup());
    world.describe_images().await.unwrap_err();
    world.describe_images().await.unwrap_err();
    let refused = world.describe_images().await.unwrap_err();
    assert_eq!((refused.reason, refused.retryable), (EcrReason::CircuitOpen, true));
    assert!(refused.retry_after.is_some());
    assert_eq!(world.asked().len(), 2);
    world.always(answer(&json!({ "imageDetails": [] })));
    world.put_image().await.unwrap();
    world.describe_images_at(&Place::parse("", "us-east-1").unwrap()).await.unwrap();
    assert_eq!(world.asked().len(), 4);
}

#[tokio::test]
async fn refusals_and_throttling_are_answers_and_break_nothing() {
    let world = World::with("max_retries = 0\nbreaker = { failures = 1 }").await;
    for code in ["ImageNotFoundException", "AccessDeniedException", "ThrottlingException"] {
        world.next(refusal(400, code, json!({})));
        world.describe_images().await.unwrap_err();
    }
    world.next(answer(&json!({ "imageDetails": [] })));
    world.describe_images().await.unwrap();
}

#[tokio::test]
async fn a_call_that_tries_after_a_while_lets_the_others_in() {
    let world = World::with("max_retries = 0\nbreaker = { failures = 1, open_seconds = 0 }").await;
    world.next(Reply::status(500));
    world.describe_images().await.unwrap_err();
    world.always(answer(&json!({ "imageDetails": [] })));
    world.describe_images().await.unwrap();
    world.describe_images().await.unwrap();
    assert_eq!(world.asked().len(), 3);
}

#[tokio::test]
async fn the_last_failure_is_told_when_the_breaker_opens_between_two_attempts() {
    let world = World::with("max_retries = 3\nbreaker = { failures = 1 }").await;
    world.always(refusal(500, "ServerException", json!({})).header("x-amz-retry-after", "1"));
    let failed = world.describe_images().await.unwrap_err();
    assert_eq!(failed.reason, EcrReason::ServiceUnavailable);
    assert_eq!(world.asked().len(), 1);
}

#[tokio::test]
async fn calls_that_would_wait_too_long_for_their_turn_are_refused_without_being_made() {
    let ecr = "max_retries = 0\nrequest_timeout_ms = 500\noperation_timeout_ms = 500\nrates = { DescribeImages = 1 }";
    let world = World::with(ecr).await;
    world.always(answer(&json!({ "imageDetails": [] })));
    world.describe_images().await.unwrap();
    let refused = world.describe_images().await.unwrap_err();
    assert_eq!((refused.reason, refused.retryable), (EcrReason::Throttling, true));
    assert!(refused.message.contains("ecr.rates"), "{refused}");
    assert_eq!(world.asked().len(), 1);
}
