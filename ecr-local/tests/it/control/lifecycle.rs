//! Lifecycle policies: tried out, then applied.

use std::time::Duration;

use ecr_local::Clock;
use fixtures::images::{Content, Image, OCI_INDEX};
use serde_json::{Value, json};

use crate::stage::Stage;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

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

#[tokio::test]
async fn a_policy_moves_what_nobody_pulls_to_the_archive_and_expires_it_there() {
    let clock = Clock::default();
    let (stage, _) = with_three_images(&clock).await;
    let listed = async |status: &str| {
        let asked = json!({"repositoryName": "app", "filter": {"imageStatus": status}});
        let listed = stage.done("ListImages", asked).await["imageIds"].as_array().unwrap().clone();
        listed.iter().map(|id| id["imageTag"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let rule = |priority: u32, selection: Value, action: Value| json!({"rulePriority": priority, "selection": selection, "action": action});
    let unpulled =
        json!({"tagStatus": "any", "countType": "sinceImagePulled", "countUnit": "days", "countNumber": 30});
    let forgotten = json!({"tagStatus": "any", "storageClass": "archive", "countType": "sinceImageTransitioned", "countUnit": "days", "countNumber": 90});
    let (transition, expire) =
        (json!({"type": "transition", "targetStorageClass": "archive"}), json!({"type": "expire"}));
    let mut early = forgotten.clone();
    early["countNumber"] = 89.into();
    let mut standard = forgotten.clone();
    standard["storageClass"] = "standard".into();
    for (selection, action) in [
        (&unpulled, &expire),
        (&forgotten, &transition),
        (&early, &expire),
        (&standard, &expire),
        (&unpulled, &json!({"type": "transition"})),
    ] {
        let text = json!({"rules": [rule(1, selection.clone(), action.clone())]}).to_string();
        let put = json!({"repositoryName": "app", "lifecyclePolicyText": text});
        stage.fails("PutLifecyclePolicy", put, "InvalidParameterException").await;
    }
    let text = json!({"rules": [rule(1, unpulled, transition), rule(2, forgotten, expire)]}).to_string();
    let put = json!({"repositoryName": "app", "lifecyclePolicyText": text});
    stage.done("PutLifecyclePolicy", put.clone()).await;
    clock.advance(29 * DAY);
    stage.get("/v2/app/manifests/two").await.expect(200);
    clock.advance(2 * DAY);
    stage.done("StartLifecyclePolicyPreview", json!({"repositoryName": "app"})).await;
    clock.advance(Duration::from_secs(5));
    let preview = stage.done("GetLifecyclePolicyPreview", json!({"repositoryName": "app"})).await;
    assert_eq!(
        preview["summary"],
        json!({
            "expiringImageTotalCount": 0,
            "transitioningImageTotalCounts": [{"targetStorageClass": "ARCHIVE", "imageTotalCount": 2}],
        })
    );
    let result = &preview["previewResults"][0];
    assert_eq!(result["action"], json!({"type": "TRANSITION", "targetStorageClass": "ARCHIVE"}));
    assert_eq!((&result["imageTags"], &result["storageClass"]), (&json!(["one"]), &json!("STANDARD")));
    stage.running().collect_garbage().await.unwrap();
    assert_eq!(listed("ARCHIVED").await, ["one", "three"]);
    clock.advance(91 * DAY);
    stage.running().collect_garbage().await.unwrap();
    assert_eq!(listed("ANY").await, ["two"]);
}
