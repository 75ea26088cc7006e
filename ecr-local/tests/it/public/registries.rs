//! Registries: where they are, whose they are, and what they are called.

use ecr_local::{EcrLocal, StartError};
use serde_json::{Value, json};

use super::stage::{OTHER, OWNER, closed};
use crate::{control::caller::Key, stage::Stage};

fn app() -> Value {
    json!({"repositoryName": "app"})
}

#[tokio::test]
async fn outside_of_one_region_there_is_no_public_registry() {
    let mut stage = Stage::with(closed).await;
    let elsewhere = Key { region: "eu-west-1", ..OWNER };
    for operation in ["DescribeRegistries", "GetAuthorizationToken", "CreateRepository"] {
        let refused = stage.public_signed(elsewhere, operation, json!({})).await;
        let message = refused.excepted("UnsupportedCommandException");
        assert_eq!(message, format!("{operation} command is only supported in us-east-1."));
    }
    stage
        .public_signed(Key { secret: "wrong", ..elsewhere }, "DescribeRegistries", json!({}))
        .await
        .excepted("InvalidSignatureException");
    stage.restart(|builder| closed(builder).public_in_one_region(false)).await;
    stage.public_signed(elsewhere, "DescribeRegistries", json!({})).await.expect(200);
}

#[tokio::test]
async fn what_is_not_there_is_told_as_by_the_private_interface() {
    let stage = Stage::start().await;
    let at = "repository with name 'app' in the registry with id '000000000000'";
    for (operation, input, message) in [
        (
            "DeleteRepository",
            app(),
            "The repository with name 'app' does not exist in the registry with id '000000000000'".to_owned(),
        ),
        (
            "DescribeRepositories",
            json!({"repositoryNames": ["app"]}),
            "The repository with name 'app' does not exist in the registry with id '000000000000'".to_owned(),
        ),
    ] {
        assert_eq!(stage.public_fails(operation, input, "RepositoryNotFoundException").await, message);
    }
    stage.public("CreateRepository", app()).await;
    for (operation, input, code, message) in [
        (
            "CreateRepository",
            json!({}),
            "RepositoryAlreadyExistsException",
            "The repository with name 'app' already exists in the registry with id '000000000000'".to_owned(),
        ),
        (
            "GetRepositoryPolicy",
            json!({}),
            "RepositoryPolicyNotFoundException",
            format!("Repository policy does not exist for the {at}"),
        ),
        (
            "GetRepositoryCatalogData",
            json!({}),
            "RepositoryCatalogDataNotFoundException",
            format!("Catalog data does not exist for the {at}"),
        ),
        (
            "DescribeImages",
            json!({"imageIds": [{"imageTag": "v1"}]}),
            "ImageNotFoundException",
            format!(
                "The image with imageId {{imageDigest:'null', imageTag:'v1'}} does not exist within the {at}"
            ),
        ),
    ] {
        let mut input = input;
        input["repositoryName"] = "app".into();
        assert_eq!(stage.public_fails(operation, input, code).await, message, "{operation}");
    }
    for resource in [
        "arn:aws:ecr:us-east-1:000000000000:repository/app",
        "arn:aws:ecr-public:us-east-1:000000000000:repository/app",
        "app",
    ] {
        stage
            .public_fails(
                "ListTagsForResource",
                json!({"resourceArn": resource}),
                "InvalidParameterException",
            )
            .await;
    }
    let tags = json!([{"Value": "no key"}]);
    stage
        .public_fails(
            "CreateRepository",
            json!({"repositoryName": "tagged", "tags": tags}),
            "InvalidTagParameterException",
        )
        .await;
}

#[tokio::test]
async fn only_operations_for_clients_that_push_know_aliases() {
    let stage = Stage::with(|builder| builder.public_alias("111111111111", "tests")).await;
    stage
        .public_fails(
            "InitiateLayerUpload",
            json!({"registryId": "nobody", "repositoryName": "app"}),
            "RegistryNotFoundException",
        )
        .await;
    stage
        .public_fails(
            "PutImage",
            json!({"registryId": "nobody", "repositoryName": "app", "imageManifest": "{}"}),
            "RegistryNotFoundException",
        )
        .await;
    let ids = json!([{"imageTag": "v1"}]);
    stage
        .public_fails(
            "BatchDeleteImage",
            json!({"registryId": "nobody", "repositoryName": "app", "imageIds": ids}),
            "RepositoryNotFoundException",
        )
        .await;
    stage
        .public_fails(
            "DescribeImages",
            json!({"registryId": "tests", "repositoryName": "app"}),
            "InvalidParameterException",
        )
        .await;
    stage
        .public_fails(
            "InitiateLayerUpload",
            json!({"registryId": "tests", "repositoryName": "app"}),
            "RepositoryNotFoundException",
        )
        .await;
    stage
        .public_fails(
            "InitiateLayerUpload",
            json!({"registryId": "111111111111", "repositoryName": "app"}),
            "RepositoryNotFoundException",
        )
        .await;
}

#[tokio::test]
async fn an_alias_does_not_open_the_registry_of_another_account() {
    let stage = Stage::with(closed).await;
    for key in [OWNER, OTHER] {
        stage.public_signed(key, "CreateRepository", app()).await.expect(200);
    }
    let upload = |id: &str| json!({"registryId": id, "repositoryName": "app"});
    let begun = stage.public_signed(OWNER, "InitiateLayerUpload", upload("owner")).await.expect(200).json();
    assert!(begun["uploadId"].is_string());
    for id in ["owner", "111111111111"] {
        stage.public_signed(OTHER, "InitiateLayerUpload", upload(id)).await.excepted("AccessDeniedException");
    }
}

#[tokio::test]
async fn a_registry_has_an_alias_from_its_first_repository_on() {
    let mut stage = Stage::start().await;
    let empty = stage.public("DescribeRegistries", json!({})).await;
    assert_eq!(
        empty["registries"],
        json!([{
            "registryId": "000000000000",
            "registryArn": "arn:aws:ecr-public::000000000000:registry/000000000000",
            "registryUri": "",
            "verified": false,
            "aliases": [],
        }])
    );
    stage.public_fails("DescribeRegistries", json!({"nextToken": "x"}), "InvalidParameterException").await;
    let made = stage.public("CreateRepository", app()).await["repository"].clone();
    assert_eq!(made["repositoryArn"], "arn:aws:ecr-public::000000000000:repository/app");
    let registry = stage.public("DescribeRegistries", json!({})).await["registries"][0].clone();
    let alias = registry["aliases"][0]["name"].as_str().unwrap().to_owned();
    assert_eq!(
        registry["aliases"],
        json!([{"name": alias, "status": "ACTIVE", "primaryRegistryAlias": true, "defaultRegistryAlias": true}])
    );
    assert_eq!((alias.len(), &registry["registryUri"]), (8, &json!(format!("public.ecr.aws/{alias}"))));
    assert_eq!(made["repositoryUri"], format!("public.ecr.aws/{alias}/app"));
    let keys: Vec<_> = made.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["createdAt", "registryId", "repositoryArn", "repositoryName", "repositoryUri"]);
    stage.public("DeleteRepository", app()).await;
    stage.restart(|builder| builder.public_alias("000000000000", "tests")).await;
    let registry = stage.public("DescribeRegistries", json!({})).await["registries"][0].clone();
    assert_eq!(registry["registryUri"], "public.ecr.aws/tests");
    let names: Vec<_> = registry["aliases"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["tests", &*alias]);
}

#[tokio::test]
async fn an_alias_belongs_to_one_account_and_is_one() {
    let stage = Stage::with(|builder| builder.public_alias("111111111111", "tests")).await;
    drop(stage);
    let dir = tempfile::tempdir().unwrap();
    let twice = EcrLocal::builder(dir.path())
        .public_alias("111111111111", "tests")
        .public_alias("222222222222", "tests");
    let refused = twice.start().await.unwrap_err();
    assert_eq!(refused.to_string(), "cannot take the alias tests: another account has it");
    for alias in ["a", "1st", "Tests", "a..b", "a-", &"a".repeat(51)] {
        let refused = EcrLocal::builder(dir.path()).public_alias("111111111111", alias).start().await;
        assert!(matches!(refused, Err(StartError::Setting { .. })), "{alias}");
    }
}
