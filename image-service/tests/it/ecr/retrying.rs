//! What is asked again, and what must not be.

use fixtures::registry::Reply;
use image_service::error::EcrReason;
use serde_json::json;

use super::world::{World, answer, refusal};

fn fault() -> Reply {
    refusal(500, "ServerException", json!({})).header("x-amz-retry-after", "1")
}

fn throttled() -> Reply {
    refusal(400, "ThrottlingException", json!({})).header("x-amz-retry-after", "1")
}

#[tokio::test]
async fn a_read_is_asked_as_often_as_is_configured_and_then_fails_with_aws_s_words() {
    let world = World::with("max_retries = 2").await;
    world.always(fault());
    let failed = world.describe_images().await.unwrap_err();
    assert_eq!((failed.reason, failed.retryable), (EcrReason::ServiceUnavailable, true));
    assert_eq!(failed.to_string(), "DescribeImages: ServerException in AWS's own words");
    assert_eq!(failed.request_id.as_deref(), Some("33333333-4444"));
    assert_eq!(failed.region.as_deref(), Some("eu-central-1"));
    assert_eq!(world.asked().len(), 3);
}

#[tokio::test]
async fn a_read_outlives_a_fault_a_broken_connection_and_a_torn_answer() {
    let world = World::new().await;
    world.next(fault());
    world.next(Reply::hangup());
    world.next(Reply::torn(1000, "{\"imageDetails\":"));
    world.next(answer(&json!({ "imageDetails": [] })));
    world.describe_images().await.unwrap();
    assert_eq!(world.asked().len(), 4);
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_twice() {
    for trouble in [fault(), Reply::hangup(), Reply::torn(1000, "{"), Reply::status(502)] {
        let world = World::with("rates = { StartImageScan = 1000 }").await;
        world.always(trouble.clone());
        let failed = world.start_scan().await.unwrap_err();
        assert!(failed.retryable, "the caller may decide otherwise: {failed:?}");
        world.delete_images().await.unwrap_err();
        assert_eq!(world.asked(), ["StartImageScan", "BatchDeleteImage"], "{trouble:?}");
    }
}

#[tokio::test]
async fn what_was_refused_for_now_is_asked_again_even_if_it_writes() {
    let world = World::with("rates = { StartImageScan = 1000 }").await;
    world.next(throttled());
    world.next(answer(&json!({})));
    world.start_scan().await.unwrap();
    world.next(throttled());
    world.next(answer(&json!({ "imageIds": [], "failures": [] })));
    world.delete_images().await.unwrap();
    assert_eq!(world.asked().len(), 4);
}

#[tokio::test]
async fn a_put_of_an_image_is_repeated_as_it_does_no_more_when_done_twice() {
    let world = World::new().await;
    world.next(fault());
    world.next(answer(&json!({})));
    world.put_image().await.unwrap();
    assert_eq!(world.asked().len(), 2);
}

#[tokio::test]
async fn a_quota_is_not_asked_again_and_load_is() {
    let world = World::new().await;
    let limit = || refusal(400, "LimitExceededException", json!({})).header("x-amz-retry-after", "1");
    world.next(limit());
    let failed = world.start_scan().await.unwrap_err();
    assert_eq!((failed.reason, failed.retryable), (EcrReason::LimitExceeded, false));
    world.next(limit());
    world.next(answer(&json!({})));
    world.put_image().await.unwrap();
    assert_eq!(world.asked(), ["StartImageScan", "PutImage", "PutImage"]);
}

#[tokio::test]
async fn kms_says_itself_whether_its_error_passes() {
    let world = World::new().await;
    world.next(refusal(400, "KmsException", json!({ "kmsError": "DisabledException" })));
    let failed = world.put_image().await.unwrap_err();
    assert_eq!((failed.reason, failed.retryable), (EcrReason::KmsError, false));
    assert_eq!(failed.members["kmsError"], "DisabledException");
    world.next(
        refusal(400, "KmsException", json!({ "kmsError": "ThrottlingException" }))
            .header("x-amz-retry-after", "1"),
    );
    world.next(answer(&json!({})));
    world.put_image().await.unwrap();
    assert_eq!(world.asked().len(), 3);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_given_up_and_a_write_is_not_asked_again() {
    let world = World::with("request_timeout_ms = 100\nmax_retries = 1").await;
    let gate = world.server.hold(http::Method::POST, "/");
    let failed = world.start_scan().await.unwrap_err();
    assert_eq!((failed.reason, failed.retryable), (EcrReason::TimedOut, true));
    gate.release();
    let gate = world.server.hold(http::Method::POST, "/");
    world.next(answer(&json!({ "imageDetails": [] })));
    world.describe_images().await.unwrap();
    gate.release();
    assert_eq!(world.asked().first().map(String::as_str), Some("StartImageScan"));
    assert_eq!(world.asked().iter().filter(|name| *name == "StartImageScan").count(), 1);
}

#[tokio::test]
async fn all_attempts_together_end_with_their_time() {
    let world = World::with("request_timeout_ms = 200\noperation_timeout_ms = 200\nmax_retries = 1000").await;
    world.always(fault());
    let failed = world.describe_images().await.unwrap_err();
    assert!(matches!(failed.reason, EcrReason::ServiceUnavailable | EcrReason::TimedOut), "{failed:?}");
}

#[tokio::test]
async fn nobody_there_is_said_to_be_so_and_asked_again_even_for_a_write() {
    let world = World::with("max_retries = 1").await;
    let elsewhere = "127.0.0.1:1";
    let config = format!(
        "region = 'eu-central-1'\nendpoint_url = 'http://{elsewhere}'\nmax_retries = 1\n\
         auth = {{ kind = 'static', access_key_id = 'A', secret_access_key = 's3cret' }}"
    );
    let ecr = image_service::ecr::Ecr::new(&toml::from_str(&config).unwrap()).unwrap();
    let world = World { ecr: std::sync::Arc::new(ecr), ..world };
    let failed = world.start_scan().await.unwrap_err();
    assert_eq!((failed.reason, failed.retryable), (EcrReason::Unreachable, true));
    assert!(!format!("{failed:?}").contains("s3cret"));
}
