//! The control plane.

use std::time::Duration;

use ecr_local::{Clock, EcrLocal, StartError};
use fixtures::images::{Image, sha256};
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

#[tokio::test]
async fn public_and_private_repositories_do_not_mix() {
    let stage = Stage::start().await;
    stage.public("CreateRepository", app()).await;
    assert_eq!(stage.done("DescribeRepositories", json!({})).await["repositories"], json!([]));
    stage.fails("DescribeImages", app(), "RepositoryNotFoundException").await;
    stage.done("CreateRepository", app()).await;
    stage.done("DeleteRepository", app()).await;
    assert_eq!(
        stage.public("DescribeRepositories", json!({})).await["repositories"][0]["repositoryName"],
        "app"
    );
    for name in ["a__b", "a--b", &"a".repeat(206)] {
        stage
            .public_fails("CreateRepository", json!({"repositoryName": name}), "InvalidParameterException")
            .await;
        stage.done("CreateRepository", json!({"repositoryName": name})).await;
    }
}

#[tokio::test]
async fn what_a_repository_is_listed_with_is_kept() {
    let mut stage = Stage::start().await;
    let data = json!({"description": "one", "architectures": ["ARM 64"], "operatingSystems": ["Linux"], "aboutText": "# about", "usageText": "use", "logoImageBlob": "bG9nbw=="});
    let mut shown = data.clone();
    shown.as_object_mut().unwrap().remove("logoImageBlob");
    shown["marketplaceCertified"] = false.into();
    let made = stage.public("CreateRepository", json!({"repositoryName": "app", "catalogData": data})).await;
    assert_eq!(made["catalogData"], shown);
    stage.restart(|builder| builder).await;
    assert_eq!(stage.public("GetRepositoryCatalogData", app()).await["catalogData"], shown);
    let less = json!({"repositoryName": "app", "catalogData": {"description": "two"}});
    let put = stage.public("PutRepositoryCatalogData", less).await;
    assert_eq!(put["catalogData"], json!({"description": "two", "marketplaceCertified": false}));
    assert_eq!(stage.public("GetRepositoryCatalogData", app()).await, put);
    assert_eq!(stage.public("GetRegistryCatalogData", json!({})).await, json!({"registryCatalogData": {}}));
    stage.public("PutRegistryCatalogData", json!({"displayName": "Us"})).await;
    stage.public("PutRegistryCatalogData", json!({})).await;
    let named = stage.public("GetRegistryCatalogData", json!({})).await;
    assert_eq!(named, json!({"registryCatalogData": {"displayName": "Us"}}));
}

#[tokio::test]
async fn images_have_eight_members_and_tags_have_dates() {
    let clock = Clock::default();
    let stage = Stage::with(|builder| builder.clock(clock.clone())).await;
    stage.public("CreateRepository", app()).await;
    let (one, two) = (Image::oci("one"), Image::docker("two"));
    let first = stage.publish("v1", &one).await;
    clock.advance(Duration::from_secs(60));
    stage.publish("latest", &one).await;
    clock.advance(Duration::from_secs(60));
    let second = stage.publish("latest", &two).await;
    let described = stage
        .public("DescribeImages", json!({"repositoryName": "app", "filter": {"tagStatus": "UNTAGGED"}}))
        .await;
    let details = described["imageDetails"].as_array().unwrap();
    let members: Vec<_> = details[0].as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        [
            "artifactMediaType",
            "imageDigest",
            "imageManifestMediaType",
            "imagePushedAt",
            "imageSizeInBytes",
            "imageTags",
            "registryId",
            "repositoryName"
        ]
    );
    assert_eq!((&details[0]["imageDigest"], &details[1]["imageDigest"]), (&json!(first), &json!(second)));
    let page = stage.public("DescribeImageTags", json!({"repositoryName": "app", "maxResults": 1})).await;
    let latest = page["imageTagDetails"][0].clone();
    assert_eq!(
        (&latest["imageTag"], &latest["imageDetail"]["imageDigest"]),
        (&json!("latest"), &json!(second))
    );
    assert_eq!(latest["createdAt"], latest["imageDetail"]["imagePushedAt"]);
    assert_eq!(latest["imageDetail"]["imageSizeInBytes"], details[1]["imageSizeInBytes"]);
    let next = json!({"repositoryName": "app", "nextToken": page["nextToken"]});
    let rest = stage.public("DescribeImageTags", next.clone()).await;
    assert_eq!((&rest["imageTagDetails"][0]["imageTag"], rest.get("nextToken")), (&json!("v1"), None));
    assert_eq!(rest["imageTagDetails"][0]["createdAt"], details[0]["imagePushedAt"]);
    stage.public_fails("DescribeImages", next, "InvalidParameterException").await;
}

#[tokio::test]
async fn a_layer_has_fewer_parts_than_in_a_private_registry() {
    let mut stage = Stage::start().await;
    stage.public("CreateRepository", app()).await;
    let id = stage.public("InitiateLayerUpload", app()).await["uploadId"].as_str().unwrap().to_owned();
    let part = |first: u64| json!({"repositoryName": "app", "uploadId": id, "partFirstByte": first, "partLastByte": first, "layerPartBlob": "eA=="});
    stage.public("UploadLayerPart", part(0)).await;
    stage.meddle("UPDATE upload_parts SET parts = 1000").await;
    stage.restart(|builder| builder).await;
    let refused = stage.public_fails("UploadLayerPart", part(1), "LimitExceededException").await;
    assert_eq!(refused, "A layer has at most 1000 parts");
    let done = json!({"repositoryName": "app", "uploadId": id, "layerDigests": [sha256(b"x")]});
    stage.public("CompleteLayerUpload", done).await;
}

#[tokio::test]
async fn repositories_come_in_pages() {
    let stage = Stage::start().await;
    for name in ["aa", "bb", "cc"] {
        stage.public("CreateRepository", json!({"repositoryName": name})).await;
    }
    let first = stage.public("DescribeRepositories", json!({"maxResults": 2})).await;
    let second = stage.public("DescribeRepositories", json!({"nextToken": first["nextToken"]})).await;
    assert_eq!(second["repositories"][0]["repositoryName"], "cc");
    let private = json!({"nextToken": first["nextToken"]});
    stage.fails("DescribeRepositories", private, "InvalidParameterException").await;
}
