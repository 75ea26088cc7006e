//! Which images tasks would run.

use fixtures::images::{Content, Image, OCI_INDEX, sha256};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::stage::{SERVICE, definition, task, with};
use crate::{
    control::caller::Key,
    public::stage::{OTHER, OWNER, closed},
    stage::{Stage, read},
};

const NOT_PULLED: &str = "CannotPullContainerError: pull image manifest has been retried 1 time(s): ";

#[tokio::test]
async fn a_task_whose_image_is_not_there_does_not_start() {
    let stage = Stage::start().await;
    stage.push("app", "v1", &Image::oci("one")).await;
    let host = stage.host();
    for image in [
        format!("{host}/app:v2"),
        format!("{host}/none:v1"),
        format!("{host}/app"),
        format!("{host}/app@{}", sha256(b"no")),
        format!("{host}/app:v1:v2"),
        "000000000000.dkr.ecr.eu-west-1.amazonaws.com/app:v1".to_owned(),
        "public.ecr.aws/nobody/app:v1".to_owned(),
    ] {
        let found = stage.run(&image).await;
        assert_eq!(
            (&found["lastStatus"], &found["desiredStatus"]),
            (&json!("STOPPED"), &json!("STOPPED")),
            "{image}"
        );
        assert_eq!(found["stopCode"], "TaskFailedToStart");
        let why = format!("{NOT_PULLED}failed to resolve ref {image}: {image}: not found");
        assert_eq!((&found["stoppedReason"], &found["containers"][0]["reason"]), (&json!(why), &json!(why)));
        assert_eq!((found.get("startedAt"), found["containers"][0].get("imageDigest")), (None, None));
        assert!(found["stoppedAt"].is_i64(), "{found}");
    }
}

#[tokio::test]
async fn an_image_that_is_here_is_known_by_its_digest_under_all_its_names() {
    let stage = Stage::start().await;
    let digest = stage.push("team/app", "v1", &Image::oci("one")).await;
    stage.push("team/app", "latest", &Image::oci("one")).await;
    let host = stage.host();
    for image in [
        format!("{host}/team/app:v1"),
        format!("{host}/team/app"),
        format!("{host}/team/app@{digest}"),
        format!("{host}/team/app:none@{digest}"),
        "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/app:v1".to_owned(),
    ] {
        let found = stage.run(&image).await;
        let container = &found["containers"][0];
        assert_eq!((&container["image"], &container["imageDigest"]), (&json!(image), &json!(digest)));
        assert_eq!((&found["lastStatus"], &container["lastStatus"]), (&json!("RUNNING"), &json!("RUNNING")));
    }
    let details = stage.done("DescribeImages", json!({"repositoryName": "team/app"})).await;
    assert!(details["imageDetails"][0]["lastRecordedPullTime"].is_i64(), "{details}");
}

#[tokio::test]
async fn an_image_for_several_platforms_must_have_the_one_that_is_asked_for() {
    let stage = Stage::start().await;
    let child = Image::oci("one");
    stage.push("app", "child", &child).await;
    let entries = [child.manifest.entry("linux/arm64")];
    let index =
        Content::json(OCI_INDEX, &json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}));
    stage.put_manifest("app", "all", &index).await.expect(201);
    let image = format!("{}/app:all", stage.host());
    let refused = stage.run(&image).await;
    let why = "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'";
    assert_eq!(refused["stoppedReason"], why);
    let arm = with(definition("arm", &image), "/runtimePlatform", json!({"cpuArchitecture": "ARM64"}));
    stage.ecs("RegisterTaskDefinition", arm).await;
    let run = stage.ecs("RunTask", task("arm")).await;
    let described = stage.ecs("DescribeTasks", json!({"tasks": [run["tasks"][0]["taskArn"]]})).await;
    assert_eq!(described["tasks"][0]["containers"][0]["imageDigest"], index.digest());
}

#[tokio::test]
async fn the_execution_role_pulls_and_its_pulls_may_not_count() {
    let stage = Stage::start().await;
    stage.push("app", "v1", &Image::oci("one")).await;
    let role = json!({"principalArn": "arn:aws:iam::000000000000:role/execution"});
    stage.done("RegisterPullTimeUpdateExclusion", role.clone()).await;
    let image = format!("{}/app:v1", stage.host());
    let pulled = async || {
        stage.run(&image).await;
        let details = stage.done("DescribeImages", json!({"repositoryName": "app"})).await;
        details["imageDetails"][0].get("lastRecordedPullTime").cloned()
    };
    assert_eq!(pulled().await, None);
    stage.done("DeregisterPullTimeUpdateExclusion", role).await;
    assert!(pulled().await.is_some());
}

#[tokio::test]
async fn of_an_image_that_lies_elsewhere_nothing_is_said() {
    let stage = Stage::start().await;
    for image in ["alpine", "team/app:v1", "ghcr.io/team/app:v1", "localhost:1/app"] {
        let found = stage.run(image).await;
        let container = &found["containers"][0];
        assert_eq!((&container["image"], container.get("imageDigest")), (&json!(image), None));
        assert_eq!(found["lastStatus"], "RUNNING");
    }
}

#[tokio::test]
async fn a_tag_that_moves_moves_no_task() {
    let stage = Stage::start().await;
    let first = stage.push("app", "v1", &Image::oci("one")).await;
    let image = format!("{}/app:v1", stage.host());
    let old = stage.run(&image).await;
    let second = stage.push("app", "v1", &Image::oci("two")).await;
    let new = stage.run(&image).await;
    let again = stage.ecs("DescribeTasks", json!({"tasks": [old["taskArn"]]})).await;
    assert_eq!(again["tasks"][0]["containers"][0]["imageDigest"], first.as_str());
    assert_eq!(new["containers"][0]["imageDigest"], second.as_str());
}

#[tokio::test]
async fn a_task_pulls_what_is_its_accounts_and_what_is_public() {
    let stage = Stage::with(closed).await;
    let image = Image::oci("one");
    let push = async |name: &str, credentials: (&str, &str)| {
        for part in image.layers.iter().chain([&image.config]) {
            let path = format!("/v2/{name}/blobs/uploads/?digest={}", part.digest());
            let request = stage.request("POST", &path).basic_auth(credentials.0, Some(credentials.1));
            read(request.body(part.bytes.clone())).await.expect(201);
        }
        let put = stage.request("PUT", &format!("/v2/{name}/manifests/v1"));
        let put = put
            .basic_auth(credentials.0, Some(credentials.1))
            .header("content-type", &image.manifest.media_type);
        read(put.body(image.manifest.bytes.clone())).await.expect(201);
    };
    stage.public_signed(OWNER, "CreateRepository", json!({"repositoryName": "app"})).await.expect(200);
    push("public.ecr.aws/owner/app", ("AWS", &stage.public_password(OWNER).await)).await;
    let now = OffsetDateTime::now_utc();
    let issued = stage.signed(OWNER, now, "GetAuthorizationToken", json!({})).await.json();
    let token = issued["authorizationData"][0]["authorizationToken"].as_str().unwrap();
    let password =
        String::from_utf8(base64::Engine::decode(&base64::prelude::BASE64_STANDARD, token).unwrap()).unwrap();
    push("app", ("AWS", password.strip_prefix("AWS:").unwrap())).await;
    let call = async |key: Key<'_>, operation: &str, input: Value| {
        let target = format!("{SERVICE}.{operation}");
        stage.sign_call(key, now, "ecs", &target, &input.to_string(), None).await.expect(200).json()
    };
    let ran = async |key: Key<'_>, image: &str| {
        call(key, "RegisterTaskDefinition", definition("images", image)).await;
        let run = call(key, "RunTask", task("images")).await;
        let described = call(key, "DescribeTasks", json!({"tasks": [run["tasks"][0]["taskArn"]]})).await;
        described["tasks"][0].clone()
    };
    let (private, by_host) =
        ("111111111111.dkr.ecr.us-east-1.amazonaws.com/app:v1", format!("{}/app:v1", stage.host()));
    for (key, image) in [
        (OWNER, private),
        (OWNER, &*by_host),
        (OWNER, "public.ecr.aws/owner/app:v1"),
        (OTHER, "public.ecr.aws/owner/app:v1"),
        (OTHER, &format!("{}/public.ecr.aws/owner/app:v1", stage.host())),
    ] {
        let found = ran(key, image).await;
        assert_eq!(found["containers"][0]["imageDigest"], sha256(&image_bytes()), "{image}");
    }
    let refused = ran(OTHER, private).await;
    let why = format!(
        "{NOT_PULLED}failed to resolve ref {private}: unexpected status from HEAD request: 403 Forbidden"
    );
    assert_eq!(refused["stoppedReason"], why);
    assert_eq!(ran(OTHER, &by_host).await["stopCode"], "TaskFailedToStart");
}

fn image_bytes() -> Vec<u8> {
    Image::oci("one").manifest.bytes.to_vec()
}
