//! What AWS refuses, as the service tells it.

use fixtures::registry::Reply;
use image_service::{ecr::Place, error::EcrReason};
use serde_json::json;

use super::world::{World, answer, refusal};

#[tokio::test]
async fn every_refusal_of_aws_has_its_reason_and_is_not_asked_again() {
    let world = World::new().await;
    for (code, reason) in [
        ("RepositoryNotFoundException", EcrReason::RepositoryNotFound),
        ("ImageNotFoundException", EcrReason::ImageNotFound),
        ("ScanNotFoundException", EcrReason::ScanNotFound),
        ("ValidationException", EcrReason::Validation),
        ("AccessDeniedException", EcrReason::AccessDenied),
        ("UnrecognizedClientException", EcrReason::UnrecognizedClient),
        ("ExpiredTokenException", EcrReason::ExpiredToken),
        ("com.amazonaws.ecr#InvalidParameterException", EcrReason::InvalidParameter),
        ("ImageTagAlreadyExistsException:http://internal.amazon.com/", EcrReason::ImageTagAlreadyExists),
    ] {
        world.next(refusal(400, code, json!({})));
        let failed = world.describe_images().await.unwrap_err();
        assert_eq!((failed.reason, failed.retryable), (reason, false), "{code}");
    }
    assert_eq!(world.asked().len(), 9);
}

#[tokio::test]
async fn what_a_refusal_has_besides_its_text_is_kept() {
    let world = World::new().await;
    let members = json!({ "uploadId": "u-1", "lastValidByteReceived": 41, "nested": { "left": "out" } });
    world.next(refusal(400, "InvalidLayerPartException", members));
    let failed = world.put_image().await.unwrap_err();
    let members: Vec<_> =
        failed.members.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(members, [("lastValidByteReceived", "41"), ("uploadId", "u-1")]);
}

#[tokio::test]
async fn a_refusal_of_tomorrow_keeps_its_name() {
    let world = World::new().await;
    world.next(refusal(400, "BrandNewException", json!({})));
    let failed = world.put_image().await.unwrap_err();
    assert_eq!(failed.reason, EcrReason::Other);
    assert_eq!(failed.members["code"], "BrandNewException");
}

#[tokio::test]
async fn a_read_only_configuration_lets_no_write_out() {
    let world = World::with("read_only = true").await;
    world.always(answer(&json!({ "imageDetails": [] })));
    for refused in [world.put_image().await, world.start_scan().await, world.delete_images().await] {
        let refused = refused.unwrap_err();
        assert_eq!((refused.reason, refused.retryable), (EcrReason::ReadOnly, false));
        assert!(refused.message.contains("ecr.read_only"), "{refused}");
    }
    world.describe_images().await.unwrap();
    assert_eq!(world.asked(), ["DescribeImages"]);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end_and_not_asked_for_again() {
    let world = World::new().await;
    world.always(Reply::chunked(vec![b' '; 1024 * 1024], 100));
    let failed = world.describe_images().await.unwrap_err();
    assert_eq!((failed.reason, failed.retryable), (EcrReason::ContentTooLarge, false));
    assert_eq!(world.asked().len(), 1);
}

#[tokio::test]
async fn a_place_that_would_change_a_host_name_is_refused() {
    for (registry, region) in
        [("", "evil.example/"), ("", "eu-central-1.evil"), ("123", ""), ("12345678901x", "")]
    {
        assert!(Place::parse(registry, region).is_err(), "{registry} {region}");
    }
    assert_eq!(Place::parse("", "").unwrap(), Place::default());
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_not_asked_for_again() {
    for status in [200, 403] {
        let world = World::new().await;
        world.always(Reply::body(status, "<html>welcome to the hotel</html>"));
        let failed = world.describe_images().await.unwrap_err();
        assert_eq!((failed.reason, failed.retryable), (EcrReason::AnswerInvalid, false), "{status}");
        assert_eq!(world.asked().len(), 1);
    }
}
