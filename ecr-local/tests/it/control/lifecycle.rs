//! Lifecycle policies: tried out, then applied.

use std::time::Duration;

use ecr_local::Clock;
use fixtures::images::{Content, Image, OCI_INDEX};
use serde_json::{Value, json};

use crate::stage::Stage;

fn policy(count: u32) -> String {
    let selection = json!({"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": count});
    json!({"rules": [{"rulePriority": 1, "description": "the newest alone", "selection": selection, "action": {"type": "expire"}}]}).to_string()
}

async fn with_three_images(clock: &Clock) -> (Stage, Vec<String>) {
    let stage = Stage::with(|builder| builder.clock(clock.clone())).await;
    let mut digests = Vec::new();
    for name in ["one", "two", "three"] {
        digests.push(stage.push("app", name, &Image::oci(name)).await);
        clock.advance(Duration::from_secs(60));
    }
    (stage, digests)
}

fn app() -> Value {
    json!({"repositoryName": "app"})
}

#[tokio::test]
async fn a_preview_tells_what_would_expire_and_expires_nothing() {
    let clock = Clock::default();
    let (stage, digests) = with_three_images(&clock).await;
    stage.fails("GetLifecyclePolicyPreview", app(), "LifecyclePolicyPreviewNotFoundException").await;
    stage.fails("StartLifecyclePolicyPreview", app(), "LifecyclePolicyNotFoundException").await;
    let start = json!({"repositoryName": "app", "lifecyclePolicyText": policy(1)});
    assert_eq!(stage.done("StartLifecyclePolicyPreview", start.clone()).await["status"], "IN_PROGRESS");
    stage.fails("StartLifecyclePolicyPreview", start, "LifecyclePolicyPreviewInProgressException").await;
    clock.advance(Duration::from_secs(5));
    let first =
        stage.done("GetLifecyclePolicyPreview", json!({"repositoryName": "app", "maxResults": 1})).await;
    assert_eq!(
        (&first["status"], &first["summary"]),
        (&json!("COMPLETE"), &json!({"expiringImageTotalCount": 2}))
    );
    let result = &first["previewResults"][0];
    assert_eq!((&result["imageDigest"], &result["imageTags"]), (&json!(digests[0]), &json!(["one"])));
    assert_eq!((&result["action"], &result["appliedRulePriority"]), (&json!({"type": "EXPIRE"}), &json!(1)));
    let rest = json!({"repositoryName": "app", "nextToken": first["nextToken"]});
    let rest = stage.done("GetLifecyclePolicyPreview", rest).await;
    assert_eq!(
        (&rest["previewResults"][0]["imageDigest"], rest.get("nextToken")),
        (&json!(digests[1]), None)
    );
    stage.running().collect_garbage().await.unwrap();
    assert_eq!(stage.done("ListImages", app()).await["imageIds"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_policy_is_applied_when_garbage_is_collected() {
    let clock = Clock::default();
    let (stage, digests) = with_three_images(&clock).await;
    let missing = stage.fails("GetLifecyclePolicy", app(), "LifecyclePolicyNotFoundException").await;
    assert_eq!(
        missing,
        "Lifecycle policy does not exist for the repository with name 'app' in the registry with id '000000000000'"
    );
    let entries = [Image::oci("one").manifest.entry("linux/amd64")];
    let index =
        Content::json(OCI_INDEX, &json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}));
    stage.put_manifest("app", "all", &index).await.expect(201);
    stage
        .done("PutLifecyclePolicy", json!({"repositoryName": "app", "lifecyclePolicyText": policy(1)}))
        .await;
    assert_eq!(stage.done("GetLifecyclePolicy", app()).await["lastEvaluatedAt"], 0);
    stage.running().collect_garbage().await.unwrap();
    let listed = stage.done("ListImages", app()).await;
    let left: Vec<_> =
        listed["imageIds"].as_array().unwrap().iter().map(|id| id["imageTag"].as_str().unwrap()).collect();
    assert_eq!(left, ["one", "all"], "the child of an index stays");
    stage.get(&format!("/v2/app/manifests/{}", digests[2])).await.refused(404, "MANIFEST_UNKNOWN");
    let told = stage.done("DeleteLifecyclePolicy", app()).await;
    assert!(told["lastEvaluatedAt"].as_i64().unwrap() > 0);
    stage.fails("DeleteLifecyclePolicy", app(), "LifecyclePolicyNotFoundException").await;
}

#[tokio::test]
async fn a_policy_that_says_nothing_clear_is_refused() {
    let stage = Stage::start().await;
    stage.done("CreateRepository", app()).await;
    let rule = |priority: u32, selection: Value| json!({"rulePriority": priority, "selection": selection, "action": {"type": "expire"}});
    let any = json!({"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1});
    let untagged = json!({"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 1});
    for rules in [
        json!([]),
        json!([rule(1, any.clone()), rule(2, untagged.clone())]),
        json!([rule(1, untagged.clone()), rule(1, any.clone())]),
        json!([rule(0, any)]),
        json!([rule(1, json!({"tagStatus": "tagged", "countType": "imageCountMoreThan", "countNumber": 1}))]),
        json!([rule(
            1,
            json!({"tagStatus": "untagged", "tagPrefixList": ["v"], "countType": "imageCountMoreThan", "countNumber": 1})
        )]),
        json!([rule(1, json!({"tagStatus": "untagged", "countType": "sinceImagePushed", "countNumber": 1}))]),
        json!([rule(
            1,
            json!({"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 0})
        )]),
    ] {
        let text = format!("{:<100}", json!({"rules": rules}).to_string());
        let put = json!({"repositoryName": "app", "lifecyclePolicyText": text});
        let why = stage.fails("PutLifecyclePolicy", put, "InvalidParameterException").await;
        assert!(why.contains("Lifecycle policy validation failure"), "{why}");
    }
}
