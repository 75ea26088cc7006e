//! Creation templates, and the repositories that are made by them.

use fixtures::images::Image;
use serde_json::{Value, json};

use crate::stage::{Stage, read};

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}]}"#;
const LIFECYCLE: &str = r#"{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":5},"action":{"type":"expire"}}]}"#;

/// A registry that makes no repository unless a template says so.
async fn strict() -> Stage {
    Stage::with(|builder| builder.create_on_push(false)).await
}

fn template(prefix: &str, mutability: &str) -> Value {
    json!({"prefix": prefix, "appliedFor": ["CREATE_ON_PUSH"], "imageTagMutability": mutability})
}

async fn repository(stage: &Stage, name: &str) -> Value {
    let described = stage.done("DescribeRepositories", json!({"repositoryNames": [name]})).await;
    described["repositories"][0].clone()
}

#[tokio::test]
async fn what_is_no_template_is_refused() {
    let stage = strict().await;
    let missing = stage.fails(
        "DeleteRepositoryCreationTemplate",
        json!({"prefix": "team"}),
        "TemplateNotFoundException",
    );
    assert_eq!(
        missing.await,
        "The repository creation template with prefix 'team' does not exist in the registry with id '000000000000'"
    );
    stage
        .fails("UpdateRepositoryCreationTemplate", json!({"prefix": "team"}), "TemplateNotFoundException")
        .await;
    for (member, value) in [
        ("appliedFor", json!([])),
        ("repositoryPolicy", json!("no policy")),
        ("lifecyclePolicy", json!("no policy")),
        ("imageTagMutability", json!("IMMUTABLE_WITH_EXCLUSION")),
        ("resourceTags", json!([{"Key": "aws:x", "Value": "y"}])),
        (
            "encryptionConfiguration",
            json!({"encryptionType": "AES256", "kmsKey": "arn:aws:kms:us-east-1:000000000000:key/x"}),
        ),
    ] {
        let mut wrong = template("team", "MUTABLE");
        wrong[member] = value;
        stage.fails("CreateRepositoryCreationTemplate", wrong, "InvalidParameterException").await;
    }
    let none = stage.done("DescribeRepositoryCreationTemplates", json!({"prefixes": ["team"]})).await;
    assert_eq!(none, json!({"registryId": "000000000000", "repositoryCreationTemplates": []}));
}

#[tokio::test]
async fn a_template_is_made_changed_and_deleted() {
    let mut stage = strict().await;
    let made = stage.done("CreateRepositoryCreationTemplate", template("team/", "IMMUTABLE")).await;
    let told = &made["repositoryCreationTemplate"];
    assert_eq!((&told["prefix"], &told["imageTagMutability"]), (&json!("team"), &json!("IMMUTABLE")));
    assert_eq!(told["createdAt"], told["updatedAt"]);
    let again = stage.fails(
        "CreateRepositoryCreationTemplate",
        template("team", "MUTABLE"),
        "TemplateAlreadyExistsException",
    );
    assert_eq!(
        again.await,
        "The repository creation template with prefix 'team' already exists in the registry with id '000000000000'"
    );
    let change = json!({"prefix": "team", "description": "for the team", "lifecyclePolicy": LIFECYCLE});
    let changed = stage.done("UpdateRepositoryCreationTemplate", change).await;
    let changed = &changed["repositoryCreationTemplate"];
    assert_eq!(changed["imageTagMutability"], "IMMUTABLE", "what is not named stays");
    assert_eq!(
        (&changed["description"], &changed["lifecyclePolicy"]),
        (&json!("for the team"), &json!(LIFECYCLE))
    );
    stage.restart(|builder| builder.create_on_push(false)).await;
    let described = stage.done("DescribeRepositoryCreationTemplates", json!({"prefixes": ["team"]})).await;
    assert_eq!(described["repositoryCreationTemplates"][0], *changed);
    let emptied = json!({"prefix": "team", "lifecyclePolicy": ""});
    let emptied = stage.done("UpdateRepositoryCreationTemplate", emptied).await;
    assert!(emptied["repositoryCreationTemplate"].get("lifecyclePolicy").is_none(), "{emptied}");
    let deleted = stage.done("DeleteRepositoryCreationTemplate", json!({"prefix": "team"})).await;
    assert_eq!(deleted["repositoryCreationTemplate"], emptied["repositoryCreationTemplate"]);
    stage
        .fails("DeleteRepositoryCreationTemplate", json!({"prefix": "team"}), "TemplateNotFoundException")
        .await;
}

#[tokio::test]
async fn templates_come_in_pages() {
    let stage = strict().await;
    for prefix in ["c", "a", "b"] {
        stage.done("CreateRepositoryCreationTemplate", template(prefix, "MUTABLE")).await;
    }
    let (mut seen, mut token) = (Vec::new(), Value::Null);
    loop {
        let input = json!({"maxResults": 1, "nextToken": token});
        let page = stage.done("DescribeRepositoryCreationTemplates", input).await;
        assert_eq!(page["repositoryCreationTemplates"].as_array().unwrap().len(), 1);
        seen.push(page["repositoryCreationTemplates"][0]["prefix"].as_str().unwrap().to_owned());
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(seen, ["a", "b", "c"]);
    let garbage = json!({"nextToken": "x"});
    stage.fails("DescribeRepositoryCreationTemplates", garbage, "InvalidParameterException").await;
    let both = json!({"prefixes": ["a"], "maxResults": 1});
    stage.fails("DescribeRepositoryCreationTemplates", both, "InvalidParameterException").await;
}

#[tokio::test]
async fn a_push_makes_a_repository_only_where_a_template_says_so() {
    let stage = strict().await;
    stage.done("CreateRepositoryCreationTemplate", template("team", "MUTABLE")).await;
    let replicated = json!({"prefix": "mirror", "appliedFor": ["REPLICATION", "PULL_THROUGH_CACHE"]});
    stage.done("CreateRepositoryCreationTemplate", replicated).await;
    for name in ["app", "team", "teammate/app", "mirror/app"] {
        let begin = format!("/v2/{name}/blobs/uploads/");
        stage.ask("POST", &begin).await.refused(404, "NAME_UNKNOWN");
        let named = json!({"repositoryName": name});
        stage.fails("InitiateLayerUpload", named, "RepositoryNotFoundException").await;
    }
    stage.push("team/app", "v1", &Image::oci("one")).await;
    stage.done("InitiateLayerUpload", json!({"repositoryName": "team/other"})).await;
    repository(&stage, "team/other").await;
    let manifest = String::from_utf8(Image::oci("one").manifest.bytes.to_vec()).unwrap();
    let put = json!({"repositoryName": "team/third", "imageManifest": manifest, "imageTag": "v1"});
    stage.fails("PutImage", put, "LayersNotFoundException").await;
}

#[tokio::test]
async fn a_repository_is_what_the_template_says() {
    let stage = strict().await;
    let all = json!({
        "prefix": "team",
        "appliedFor": ["CREATE_ON_PUSH"],
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev*"}],
        "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": ""},
        "resourceTags": [{"Key": "team", "Value": "ci"}],
        "repositoryPolicy": POLICY,
        "lifecyclePolicy": LIFECYCLE,
    });
    stage.done("CreateRepositoryCreationTemplate", all).await;
    stage.push("team/app", "v1", &Image::oci("one")).await;
    let made = repository(&stage, "team/app").await;
    assert_eq!(made["imageTagMutability"], "IMMUTABLE_WITH_EXCLUSION");
    assert_eq!(
        made["imageTagMutabilityExclusionFilters"],
        json!([{"filterType": "WILDCARD", "filter": "dev*"}])
    );
    assert_eq!(made["encryptionConfiguration"]["encryptionType"], "KMS");
    assert!(
        made["encryptionConfiguration"]["kmsKey"].as_str().unwrap().starts_with("arn:aws:kms:us-east-1:")
    );
    let tags = stage.done("ListTagsForResource", json!({"resourceArn": made["repositoryArn"]})).await;
    assert_eq!(tags["tags"], json!([{"Key": "team", "Value": "ci"}]));
    let named = || json!({"repositoryName": "team/app"});
    assert_eq!(stage.done("GetRepositoryPolicy", named()).await["policyText"], POLICY);
    assert_eq!(stage.done("GetLifecyclePolicy", named()).await["lifecyclePolicyText"], LIFECYCLE);
    let image = Image::oci("two");
    for part in [&image.config, &image.layers[0]] {
        stage.push_blob("team/app", part.bytes.clone()).await;
    }
    stage.put_manifest("team/app", "v1", &image.manifest).await.refused(400, "TAG_INVALID");
    stage.put_manifest("team/app", "dev1", &image.manifest).await.expect(201);
}

#[tokio::test]
async fn the_longest_prefix_wins_and_root_is_for_the_rest() {
    let stage = Stage::start().await;
    stage.done("CreateRepositoryCreationTemplate", template("ROOT", "IMMUTABLE")).await;
    stage.done("CreateRepositoryCreationTemplate", template("a", "MUTABLE")).await;
    let longer = json!({
        "prefix": "a/b",
        "appliedFor": ["CREATE_ON_PUSH"],
        "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "v*"}],
    });
    stage.done("CreateRepositoryCreationTemplate", longer).await;
    for (name, mutability) in
        [("other", "IMMUTABLE"), ("a/x", "MUTABLE"), ("a/b/x", "MUTABLE_WITH_EXCLUSION"), ("a/bc", "MUTABLE")]
    {
        stage.push(name, "v1", &Image::oci("one")).await;
        assert_eq!(repository(&stage, name).await["imageTagMutability"], mutability, "{name}");
    }
    let elsewhere = "111111111111.dkr.ecr.us-east-1.amazonaws.com";
    read(stage.request("POST", "/v2/other/blobs/uploads/").header("host", elsewhere)).await.expect(202);
    let other = json!({"registryId": "111111111111", "repositoryNames": ["other"]});
    let other = stage.done("DescribeRepositories", other).await;
    assert_eq!(other["repositories"][0]["imageTagMutability"], "MUTABLE", "a template is of one registry");
}
