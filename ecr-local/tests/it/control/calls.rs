//! What every call has: a target, a body that is what the model says, an answer.

use serde_json::json;

use super::caller::SERVICE;
use crate::stage::{Stage, read};

#[tokio::test]
async fn an_operation_that_is_not_here_says_so() {
    let stage = Stage::start().await;
    for (target, code) in [
        (format!("{SERVICE}.MakeCoffee"), "UnknownOperationException"),
        ("Other_V1.CreateRepository".to_owned(), "UnknownOperationException"),
        (String::new(), "UnknownOperationException"),
        ("SpencerFrontendService.ListImages".to_owned(), "UnknownOperationException"),
        ("AmazonEC2ContainerServiceV20141113.CreateService".to_owned(), "UnsupportedOperationException"),
    ] {
        stage.send_call(&target, "{}").await.excepted(code);
    }
    read(stage.request("POST", "/").body("{}")).await.refused(404, "UNSUPPORTED");
}

#[tokio::test]
async fn a_body_that_is_no_input_is_refused() {
    let stage = Stage::start().await;
    for body in ["{", "[]", "\"x\"", "{\"repositoryName\":1}", "{\"repositoryName\":\"ab\",\"tags\":{}}"] {
        let target = format!("{SERVICE}.CreateRepository");
        stage.send_call(&target, body).await.excepted("SerializationException");
    }
    let huge = format!("{{\"repositoryName\":\"{}\"}}", "a".repeat(29 * 1024 * 1024));
    stage.send_call(&format!("{SERVICE}.CreateRepository"), &huge).await.excepted("SerializationException");
}

#[tokio::test]
async fn the_constraints_of_the_model_hold() {
    let stage = Stage::start().await;
    let repository = "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(\\/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*";
    for (operation, input, path, what) in [
        ("CreateRepository", json!({}), "repositoryName", "Member must not be null".to_owned()),
        ("CreateRepository", json!({"repositoryName": null}), "repositoryName", "Member must not be null".to_owned()),
        ("CreateRepository", json!({"repositoryName": "a"}), "repositoryName", "Member must have length greater than or equal to 2".to_owned()),
        ("CreateRepository", json!({"repositoryName": "a".repeat(257)}), "repositoryName", "Member must have length less than or equal to 256".to_owned()),
        ("CreateRepository", json!({"repositoryName": "Team/App"}), "repositoryName", format!("Member must satisfy regular expression pattern: {repository}")),
        ("CreateRepository", json!({"repositoryName": "ab", "imageTagMutability": "SOME"}), "imageTagMutability", "Member must satisfy enum value set: [MUTABLE, IMMUTABLE, IMMUTABLE_WITH_EXCLUSION, MUTABLE_WITH_EXCLUSION]".to_owned()),
        ("DescribeRepositories", json!({"maxResults": 0}), "maxResults", "Member must have value greater than or equal to 1".to_owned()),
        ("DescribeRepositories", json!({"maxResults": 1001}), "maxResults", "Member must have value less than or equal to 1000".to_owned()),
        ("DescribeRepositories", json!({"registryId": "12"}), "registryId", "Member must satisfy regular expression pattern: [0-9]{12}".to_owned()),
        ("BatchGetImage", json!({"repositoryName": "ab", "imageIds": []}), "imageIds", "Member must have length greater than or equal to 1".to_owned()),
        ("BatchGetImage", json!({"repositoryName": "ab", "imageIds": [{"imageTag": "ok"}, {"imageTag": ""}]}), "imageIds.2.member.imageTag", "Member must have length greater than or equal to 1".to_owned()),
    ] {
        let message = stage.fails(operation, input, "InvalidParameterException").await;
        assert!(message.starts_with("1 validation error detected: Value "), "{message}");
        assert!(message.ends_with(&format!(" at '{path}' failed to satisfy constraint: {what}")), "{message}");
    }
    let both = json!({"repositoryName": "ab", "imageIds": [{"imageTag": ""}, {"imageTag": ""}]});
    let message = stage.fails("BatchGetImage", both, "InvalidParameterException").await;
    assert!(message.starts_with("2 validation errors detected: "), "{message}");
}
