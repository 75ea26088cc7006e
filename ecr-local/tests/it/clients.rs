//! Real clients: skopeo, crane, and Docker with its engine.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ecr_local::{Builder, Challenge, Quirk};
use fixtures::{
    peers::{DockerCli, Dockerd, Recipe},
    tool::{Ran, Tool, pinned},
};

use serde_json::json;
use time::OffsetDateTime;

use crate::{
    control::caller::Key,
    stage::{Stage, read},
};

/// Pushes a real image by plain HTTP. Its image ID.
pub(crate) async fn push(stage: &Stage, repository: &str, tag: &str, recipe: &Recipe) -> String {
    for layer in &recipe.layers {
        stage.push_blob(repository, layer.blob.clone()).await;
    }
    let id = stage.push_blob(repository, recipe.config_bytes()).await;
    let request = stage.request("PUT", &format!("/v2/{repository}/manifests/{tag}"));
    let request = request.header("content-type", recipe.format.manifest());
    read(request.body(recipe.manifest_bytes())).await.expect(201);
    id
}

async fn skopeo(args: &[&str]) -> Ran {
    Tool::new("skopeo").args(args).run().await
}

async fn crane(args: &[&str]) -> Ran {
    Tool::new(pinned("bin/crane")).args(args).run().await
}

async fn manifest_digest(stage: &Stage, path: &str) -> String {
    stage.get(path).await.expect(200).header("docker-content-digest").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_copies_out_and_in_again_without_a_change() {
    let stage = Stage::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (dir, oci) =
        (format!("dir:{}/d", folder.path().display()), format!("oci:{}/o:v1", folder.path().display()));
    for (name, recipe, through) in
        [("docker", Recipe::plain("one"), &dir), ("oci", Recipe::plain("two").oci(), &oci)]
    {
        push(&stage, name, "v1", &recipe).await;
        let (source, copy) = (
            format!("docker://{}/{name}:v1", stage.host()),
            format!("docker://{}/copy/{name}:v1", stage.host()),
        );
        skopeo(&["copy", "--src-tls-verify=false", &source, through]).await.ok();
        skopeo(&["copy", "--dest-tls-verify=false", through, &copy]).await.ok();
        let digest = manifest_digest(&stage, &format!("/v2/{name}/manifests/v1")).await;
        assert_eq!(manifest_digest(&stage, &format!("/v2/copy/{name}/manifests/v1")).await, digest);
        let both = ["copy", "--src-tls-verify=false", "--dest-tls-verify=false", &source];
        skopeo(&[&both[..], &[&format!("docker://{}/mounted/{name}:v1", stage.host())]].concat()).await.ok();
        assert_eq!(manifest_digest(&stage, &format!("/v2/mounted/{name}/manifests/v1")).await, digest);
        let tags = skopeo(&["list-tags", "--tls-verify=false", &format!("docker://{}/{name}", stage.host())])
            .await
            .ok();
        assert!(tags.contains("\"v1\""), "{tags}");
        skopeo(&["delete", "--tls-verify=false", &copy]).await.ok();
        stage.get(&format!("/v2/copy/{name}/manifests/{digest}")).await.refused(404, "MANIFEST_UNKNOWN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_and_crane_work_with_a_registry_that_differs_as_ecr_does() {
    let odd = Stage::with(|builder| Quirk::ALL.into_iter().fold(builder, Builder::quirk)).await;
    let (plain, folder) = (Stage::start().await, tempfile::tempdir().unwrap());
    push(&plain, "app", "v1", &Recipe::plain("one").oci()).await;
    let [from, to] = [&plain, &odd].map(|stage| format!("docker://{}/app:v1", stage.host()));
    skopeo(&["copy", "--src-tls-verify=false", "--dest-tls-verify=false", &from, &to]).await.ok();
    let dir = format!("dir:{}", folder.path().display());
    skopeo(&["copy", "--src-tls-verify=false", &to, &dir]).await.ok();
    let manifest = plain.get("/v2/app/manifests/v1").await.expect(200).body;
    assert_eq!(std::fs::read(folder.path().join("manifest.json")).unwrap(), manifest);
    let copied = format!("{}/app:v2", odd.host());
    crane(&["copy", "--insecure", &format!("{}/app:v1", odd.host()), &copied]).await.ok();
    assert_eq!(odd.get("/v2/app/manifests/v2").await.expect(200).body, manifest);
}

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_comes_in_with_a_password_under_either_challenge() {
    for challenge in [Challenge::Basic, Challenge::Bearer] {
        let stage = Stage::with(|builder| builder.user("alice", "s3cret".into()).challenge(challenge)).await;
        let folder = tempfile::tempdir().unwrap();
        let open = Stage::start().await;
        push(&open, "app", "v1", &Recipe::plain("one")).await;
        let (source, dir) =
            (format!("docker://{}/app:v1", open.host()), format!("dir:{}", folder.path().display()));
        skopeo(&["copy", "--src-tls-verify=false", &source, &dir]).await.ok();
        let target = format!("docker://{}/app:v1", stage.host());
        let copy = async |credentials: &str| {
            skopeo(&["copy", "--dest-tls-verify=false", credentials, &dir, &target]).await
        };
        copy("--dest-creds=alice:wrong").await.refused();
        copy("--dest-creds=alice:s3cret").await.ok();
        skopeo(&["inspect", "--tls-verify=false", "--creds=alice:s3cret", &target]).await.ok();
        skopeo(&["inspect", "--tls-verify=false", "--no-creds", &target]).await.refused();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn crane_copies_lists_and_validates() {
    let stage = Stage::start().await;
    let folder = tempfile::tempdir().unwrap();
    push(&stage, "app", "v1", &Recipe::plain("one")).await;
    let (source, copy) = (format!("{}/app:v1", stage.host()), format!("{}/team/copy:v2", stage.host()));
    crane(&["copy", "--insecure", &source, &copy]).await.ok();
    crane(&["validate", "--insecure", "--remote", &copy]).await.ok();
    let tar = folder.path().join("image.tar").display().to_string();
    crane(&["pull", "--insecure", &source, &tar]).await.ok();
    crane(&["push", "--insecure", &tar, &format!("{}/pushed:v1", stage.host())]).await.ok();
    crane(&["validate", "--insecure", "--remote", &format!("{}/pushed:v1", stage.host())]).await.ok();
    crane(&["tag", "--insecure", &copy, "v3"]).await.ok();
    assert_eq!(crane(&["ls", "--insecure", &format!("{}/team/copy", stage.host())]).await.ok(), "v2\nv3\n");
    assert_eq!(crane(&["catalog", "--insecure", &stage.host()]).await.ok(), "app\npushed\nteam/copy\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn dockerd_pulls_and_pushes() {
    let (stage, dockerd) = (Stage::start().await, Dockerd::start().await);
    let id = push(&stage, "team/app", "v1", &Recipe::plain("one")).await;
    let reference = |name: &str| format!("{}/{name}", stage.host());
    for (number, cli) in DockerCli::all(&dockerd.engine().docker_host()).iter().enumerate() {
        cli.run(&["pull", &reference("team/app:v1")]).await.ok();
        let copy = reference(&format!("copy/app{number}:v2"));
        cli.run(&["tag", &reference("team/app:v1"), &copy]).await.ok();
        cli.run(&["push", &copy]).await.ok();
        cli.run(&["rmi", &copy, &reference("team/app:v1")]).await.ok();
        cli.run(&["pull", &copy]).await.ok();
        assert_eq!(cli.run(&["image", "inspect", "--format", "{{.Id}}", &copy]).await.ok().trim(), id);
        cli.run(&["rmi", &copy]).await.ok();
        let refused = cli.run(&["pull", &reference("team/app:none")]).await.refused();
        assert!(refused.contains("not found") || refused.contains("manifest unknown"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dockerd_logs_in_under_either_challenge() {
    let dockerd = Dockerd::start().await;
    for challenge in [Challenge::Basic, Challenge::Bearer] {
        let stage = Stage::with(|builder| builder.user("alice", "s3cret".into()).challenge(challenge)).await;
        let open = Stage::start().await;
        push(&open, "app", "v1", &Recipe::plain("one")).await;
        let (source, target) = (format!("{}/app:v1", open.host()), format!("{}/app:v1", stage.host()));
        for cli in DockerCli::all(&dockerd.engine().docker_host()) {
            cli.run(&["pull", &source]).await.ok();
            cli.run(&["tag", &source, &target]).await.ok();
            // A push that is refused is tried again for a minute.
            cli.run(&["pull", &target]).await.refused();
            cli.login(&stage.host(), "alice", "wrong").await.refused();
            cli.login(&stage.host(), "alice", "s3cret").await.ok();
            cli.run(&["push", &target]).await.ok();
            cli.run(&["pull", &target]).await.ok();
            cli.run(&["rmi", &source, &target]).await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dockerd_works_with_a_registry_that_differs_as_ecr_does() {
    let odd = Stage::with(|builder| Quirk::ALL.into_iter().fold(builder, Builder::quirk)).await;
    let (plain, dockerd) = (Stage::start().await, Dockerd::start().await);
    let id = push(&plain, "app", "v1", &Recipe::plain("one")).await;
    let (source, target) = (format!("{}/app:v1", plain.host()), format!("{}/app:v1", odd.host()));
    let cli = DockerCli::all(&dockerd.engine().docker_host()).remove(0);
    cli.run(&["pull", &source]).await.ok();
    cli.run(&["tag", &source, &target]).await.ok();
    cli.run(&["push", &target]).await.ok();
    cli.run(&["rmi", &source, &target]).await.ok();
    cli.run(&["pull", &target]).await.ok();
    assert_eq!(cli.run(&["image", "inspect", "--format", "{{.Id}}", &target]).await.ok().trim(), id);
}

/// What `aws ecr get-login-password | docker login --username AWS --password-stdin` does.
#[tokio::test(flavor = "multi_thread")]
async fn dockerd_logs_in_with_a_password_of_the_control_plane() {
    let dockerd = Dockerd::start().await;
    let open = Stage::start().await;
    push(&open, "app", "v1", &Recipe::plain("one")).await;
    let key = Key { id: "AKID", secret: "s3cret", region: "us-east-1" };
    let stage = Stage::with(|builder| builder.access_key(key.id, key.secret.into(), "111111111111")).await;
    let now = OffsetDateTime::now_utc();
    let issued = stage.signed(key, now, "GetAuthorizationToken", json!({})).await.expect(200).json();
    let token = issued["authorizationData"][0]["authorizationToken"].as_str().unwrap();
    let password = String::from_utf8(BASE64_STANDARD.decode(token).unwrap()).unwrap();
    let (source, target) = (format!("{}/app:v1", open.host()), format!("{}/app:v1", stage.host()));
    let cli = DockerCli::all(&dockerd.engine().docker_host()).remove(0);
    cli.run(&["pull", &source]).await.ok();
    cli.run(&["tag", &source, &target]).await.ok();
    cli.run(&["push", &target]).await.refused();
    cli.login(&stage.host(), "AWS", password.strip_prefix("AWS:").unwrap()).await.ok();
    cli.run(&["push", &target]).await.ok();
    cli.run(&["rmi", &target]).await.ok();
    cli.run(&["pull", &target]).await.ok();
    let described =
        stage.signed(key, now, "DescribeImages", json!({"repositoryName": "app"})).await.expect(200);
    let detail = described.json()["imageDetails"][0].clone();
    assert_eq!((&detail["imageTags"], &detail["registryId"]), (&json!(["v1"]), &json!("111111111111")));
}
