//! Real clients, which call this server by its address and public repositories by their path.

use ecr_local::Challenge;
use fixtures::{
    peers::{DockerCli, Dockerd, Recipe},
    tool::{Ran, Tool, pinned},
};
use serde_json::json;

use super::stage::{OWNER, closed};
use crate::stage::{Stage, read};

async fn skopeo(args: &[&str]) -> Ran {
    Tool::new("skopeo").args(args).run().await
}

/// An image in `app` of an open registry, as a reference that clients can use.
async fn published(stage: &Stage, recipe: &Recipe) -> String {
    stage.public("CreateRepository", json!({"repositoryName": "app"})).await;
    let uri = stage.public("DescribeRepositories", json!({})).await["repositories"][0]["repositoryUri"]
        .as_str()
        .unwrap()
        .to_owned();
    let name = format!("{}/{uri}", stage.host());
    for layer in &recipe.layers {
        stage.push_blob(&uri, layer.blob.clone()).await;
    }
    stage.push_blob(&uri, recipe.config_bytes()).await;
    let request = stage.request("PUT", &format!("/v2/{uri}/manifests/v1"));
    read(request.header("content-type", recipe.format.manifest()).body(recipe.manifest_bytes()))
        .await
        .expect(201);
    format!("{name}:v1")
}

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_and_crane_push_with_a_password_and_pull_without() {
    let stage = Stage::with(closed).await;
    let open = Stage::start().await;
    let source = format!("docker://{}", published(&open, &Recipe::plain("one")).await);
    let (reference, password) =
        (format!("{}/public.ecr.aws/owner/app:v1", stage.host()), stage.public_password(OWNER).await);
    let target = format!("docker://{reference}");
    let copy = async |credentials: &str| {
        skopeo(&["copy", "--src-tls-verify=false", "--dest-tls-verify=false", credentials, &source, &target])
            .await
    };
    copy("--dest-creds=AWS:wrong").await.refused();
    copy(&format!("--dest-creds=AWS:{password}")).await.ok();
    let anyone = ["inspect", "--tls-verify=false", "--no-creds", &target];
    skopeo(&anyone).await.ok();
    let digest = Tool::new(pinned("bin/crane")).args(["digest", "--insecure", &reference]).run().await.ok();
    let described =
        stage.public_signed(OWNER, "DescribeImages", json!({"repositoryName": "app"})).await.json();
    assert_eq!(described["imageDetails"][0]["imageDigest"], digest.trim());
    assert_eq!(described["imageDetails"][0]["imageTags"], json!(["v1"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn dockerd_pulls_without_a_password_where_it_gets_a_token() {
    let stage = Stage::with(|builder| closed(builder).challenge(Challenge::Bearer)).await;
    let (open, dockerd) = (Stage::start().await, Dockerd::start().await);
    let source = format!("docker://{}", published(&open, &Recipe::plain("one")).await);
    let reference = format!("{}/public.ecr.aws/owner/app:v1", stage.host());
    let (target, password) = (format!("docker://{reference}"), stage.public_password(OWNER).await);
    let credentials = format!("--dest-creds=AWS:{password}");
    let copy = ["copy", "--src-tls-verify=false", "--dest-tls-verify=false", &credentials, &source, &target];
    skopeo(&copy).await.ok();
    for cli in DockerCli::all(&dockerd.engine().docker_host()) {
        cli.run(&["pull", &reference]).await.ok();
        cli.run(&["pull", &reference.replace("public.ecr.aws/owner/", "")]).await.refused();
        cli.login(&stage.host(), "AWS", "wrong").await.refused();
        cli.login(&stage.host(), "AWS", &password).await.ok();
        cli.run(&["push", &reference]).await.ok();
        cli.run(&["rmi", &reference]).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dockerd_pulls_and_pushes_public_images_by_their_path() {
    let (stage, dockerd) = (Stage::start().await, Dockerd::start().await);
    let reference = published(&stage, &Recipe::plain("one")).await;
    let copy = format!("{}/v2", reference.strip_suffix(":v1").unwrap()) + ":new";
    for cli in DockerCli::all(&dockerd.engine().docker_host()) {
        cli.run(&["pull", &reference]).await.ok();
        cli.run(&["tag", &reference, &copy]).await.ok();
        cli.run(&["push", &copy]).await.ok();
        cli.run(&["rmi", &reference, &copy]).await.ok();
        cli.run(&["pull", &copy]).await.ok();
        cli.run(&["rmi", &copy]).await.ok();
    }
    let names = stage.public("DescribeRepositories", json!({})).await;
    assert_eq!(names["repositories"].as_array().unwrap().len(), 2);
    stage.get("/v2/_catalog").await.expect(200);
}
