//! Repositories, seen from both planes.

use fixtures::images::Image;
use serde_json::{Value, json};

use crate::stage::Stage;

#[tokio::test]
async fn a_repository_is_made_described_and_deleted() {
    let stage = Stage::start().await;
    let made = stage.done("CreateRepository", json!({"repositoryName": "team/a__b--c"})).await;
    let made = &made["repository"];
    assert_eq!(made["repositoryArn"], "arn:aws:ecr:us-east-1:000000000000:repository/team/a__b--c");
    assert_eq!(made["repositoryUri"], format!("{}/team/a__b--c", stage.host()));
    assert_eq!(made["imageTagMutability"], "MUTABLE");
    assert_eq!(made["imageScanningConfiguration"], json!({"scanOnPush": false}));
    assert_eq!(made["encryptionConfiguration"], json!({"encryptionType": "AES256"}));
    let described = stage.done("DescribeRepositories", json!({"repositoryNames": ["team/a__b--c"]})).await;
    assert_eq!(described["repositories"][0], *made);
    let again = stage
        .fails(
            "CreateRepository",
            json!({"repositoryName": "team/a__b--c"}),
            "RepositoryAlreadyExistsException",
        )
        .await;
    assert_eq!(
        again,
        "The repository with name 'team/a__b--c' already exists in the registry with id '000000000000'"
    );
    let deleted = stage.done("DeleteRepository", json!({"repositoryName": "team/a__b--c"})).await;
    assert_eq!(deleted["repository"], *made);
    let gone = stage
        .fails("DeleteRepository", json!({"repositoryName": "team/a__b--c"}), "RepositoryNotFoundException")
        .await;
    assert_eq!(
        gone,
        "The repository with name 'team/a__b--c' does not exist in the registry with id '000000000000'"
    );
    let none = json!({"repositoryNames": ["team/a__b--c"]});
    stage.fails("DescribeRepositories", none, "RepositoryNotFoundException").await;
}

#[tokio::test]
async fn a_repository_with_images_goes_only_by_force() {
    let stage = Stage::start().await;
    let digest = stage.push("app", "v1", &Image::oci("one")).await;
    let refused = stage
        .fails("DeleteRepository", json!({"repositoryName": "app"}), "RepositoryNotEmptyException")
        .await;
    assert_eq!(
        refused,
        "The repository with name 'app' in registry with id '000000000000' cannot be deleted because it still contains images"
    );
    stage.get(&format!("/v2/app/manifests/{digest}")).await.expect(200);
    stage.done("DeleteRepository", json!({"repositoryName": "app", "force": true})).await;
    stage.get(&format!("/v2/app/manifests/{digest}")).await.refused(404, "NAME_UNKNOWN");
}

#[tokio::test]
async fn repositories_come_in_pages_whose_tokens_are_for_that_call() {
    let stage = Stage::start().await;
    for name in ["aa", "bb", "cc"] {
        stage.done("CreateRepository", json!({"repositoryName": name})).await;
    }
    let first = stage.done("DescribeRepositories", json!({"maxResults": 2})).await;
    assert_eq!(names(&first), ["aa", "bb"]);
    let second = stage.done("DescribeRepositories", json!({"nextToken": first["nextToken"]})).await;
    assert_eq!((names(&second), second.get("nextToken")), (vec!["cc"], None));
    let exact = stage.done("DescribeRepositories", json!({"maxResults": 3})).await;
    assert_eq!((names(&exact).len(), exact.get("nextToken")), (3, None));
    for input in
        [json!({"nextToken": "x"}), json!({"nextToken": first["nextToken"], "repositoryNames": ["aa"]})]
    {
        stage.fails("DescribeRepositories", input, "InvalidParameterException").await;
    }
    let other = json!({"repositoryName": "aa", "nextToken": first["nextToken"]});
    stage.fails("ListImages", other, "InvalidParameterException").await;
}

#[tokio::test]
async fn an_immutable_tag_does_not_move_on_either_plane() {
    let stage = Stage::start().await;
    let filters = json!([{"filterType": "WILDCARD", "filter": "dev-*"}]);
    let set = json!({"repositoryName": "app", "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": filters});
    stage.push("app", "v1", &Image::oci("one")).await;
    stage.push("app", "dev-1", &Image::oci("one")).await;
    let answer = stage.done("PutImageTagMutability", set).await;
    assert_eq!(answer["imageTagMutabilityExclusionFilters"], filters);
    let two = Image::oci("two");
    stage.push("app", "v2", &two).await;
    stage.push("app", "dev-1", &two).await;
    stage.put_manifest("app", "v1", &two.manifest).await.refused(400, "TAG_INVALID");
    stage.put_manifest("app", "v2", &two.manifest).await.expect(201);
    let put = json!({"repositoryName": "app", "imageManifest": text(&two), "imageTag": "v1"});
    let message = stage.fails("PutImage", put, "ImageTagAlreadyExistsException").await;
    assert_eq!(
        message,
        "The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because the repository is immutable."
    );
    for (mutability, filters) in [
        ("IMMUTABLE", json!([{"filterType": "WILDCARD", "filter": "x"}])),
        ("MUTABLE_WITH_EXCLUSION", Value::Null),
    ] {
        let set = json!({"repositoryName": "app", "imageTagMutability": mutability, "imageTagMutabilityExclusionFilters": filters});
        stage.fails("PutImageTagMutability", set, "InvalidParameterException").await;
    }
}

#[tokio::test]
async fn resource_tags_are_set_and_taken_away() {
    let stage = Stage::start().await;
    let made = stage
        .done("CreateRepository", json!({"repositoryName": "app", "tags": [{"Key": "team", "Value": "a"}]}))
        .await;
    let arn = &made["repository"]["repositoryArn"];
    stage
        .done(
            "TagResource",
            json!({"resourceArn": arn, "tags": [{"Key": "team", "Value": "b"}, {"Key": "x", "Value": ""}]}),
        )
        .await;
    let listed = stage.done("ListTagsForResource", json!({"resourceArn": arn})).await;
    assert_eq!(listed["tags"], json!([{"Key": "team", "Value": "b"}, {"Key": "x", "Value": ""}]));
    stage.done("UntagResource", json!({"resourceArn": arn, "tagKeys": ["team", "none"]})).await;
    assert_eq!(
        stage.done("ListTagsForResource", json!({"resourceArn": arn})).await["tags"],
        json!([{"Key": "x", "Value": ""}])
    );
    let many: Vec<_> = (0..50).map(|number| json!({"Key": format!("k{number}"), "Value": ""})).collect();
    stage.fails("TagResource", json!({"resourceArn": arn, "tags": many}), "TooManyTagsException").await;
    stage
        .fails(
            "TagResource",
            json!({"resourceArn": arn, "tags": [{"Key": "aws:x", "Value": ""}]}),
            "InvalidTagParameterException",
        )
        .await;
    stage
        .fails("ListTagsForResource", json!({"resourceArn": "arn:aws:ecr:x"}), "InvalidParameterException")
        .await;
    let gone = json!({"resourceArn": "arn:aws:ecr:us-east-1:000000000000:repository/none"});
    stage.fails("ListTagsForResource", gone, "RepositoryNotFoundException").await;
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let mut stage = Stage::start().await;
    let made = stage.done("CreateRepository", json!({"repositoryName": "app", "imageTagMutability": "IMMUTABLE", "encryptionConfiguration": {"encryptionType": "KMS"}})).await;
    stage.restart(|builder| builder).await;
    let found = stage.done("DescribeRepositories", json!({})).await;
    for member in ["repositoryArn", "createdAt", "imageTagMutability", "encryptionConfiguration"] {
        assert_eq!(found["repositories"][0][member], made["repository"][member]);
    }
}

fn names(answer: &Value) -> Vec<&str> {
    let entries = answer["repositories"].as_array().unwrap();
    entries.iter().map(|entry| entry["repositoryName"].as_str().unwrap()).collect()
}

fn text(image: &Image) -> String {
    String::from_utf8(image.manifest.bytes.to_vec()).unwrap()
}
