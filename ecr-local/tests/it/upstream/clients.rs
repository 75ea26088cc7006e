//! Real clients before real upstream registries.

use fixtures::{
    images::Image,
    peers::{DockerCli, DockerRegistry, Dockerd, Recipe},
    tool::{Tool, pinned},
};
use serde_json::Value;

use super::{MANIFEST, before, pull, recorded, rule};
use crate::stage::{Stage, read};

#[tokio::test]
async fn another_local_ecr_is_an_upstream_under_its_name() {
    let far = Stage::start().await;
    let image = Image::oci("one");
    let host = "222222222222.dkr.ecr.eu-west-1.amazonaws.com";
    for part in [&image.config, &image.layers[0]] {
        let path = format!("/v2/team/app/blobs/uploads/?digest={}", part.digest());
        read(far.request("POST", &path).header("host", host).body(part.bytes.clone())).await.expect(201);
    }
    let put = far.request("PUT", MANIFEST).header("host", host);
    let put = put.header("content-type", &image.manifest.media_type).body(image.manifest.bytes.clone());
    read(put).await.expect(201);
    let address = format!("http://{}", far.host());
    let stage = Stage::with(|builder| builder.upstream_endpoint(host, address)).await;
    rule(&stage, host, Value::Null).await;
    pull(&stage, &image, "v1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crane_and_skopeo_pull_through_to_a_docker_registry() {
    let upstream = DockerRegistry::open().await;
    let (index, _) =
        upstream.push_index("team/app", "v1", &[Recipe::plain("one"), Recipe::plain("two")]).await;
    upstream.push("team/app", "v2", &Recipe::plain("three").oci()).await;
    let stage = before(&format!("http://{}", upstream.host()), |builder| builder).await;
    let reference = |tag: &str| format!("{}/up/team/app:{tag}", stage.host());
    let crane = async |args: &[&str]| Tool::new(pinned("bin/crane")).args(args).run().await;
    let digest = crane(&["digest", "--insecure", &reference("v1")]).await.ok();
    assert_eq!(digest.trim(), index.digest);
    crane(&["validate", "--insecure", "--remote", &reference("v1")]).await.ok();
    let copy = format!("docker://{}/copy:v2", stage.host());
    let source = format!("docker://{}", reference("v2"));
    let skopeo = Tool::new("skopeo").args([
        "copy",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
        &source,
        &copy,
    ]);
    skopeo.run().await.ok();
    crane(&["validate", "--insecure", "--remote", &format!("{}/copy:v2", stage.host())]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn dockerd_pulls_through_to_a_docker_registry() {
    let (upstream, dockerd) = (DockerRegistry::open().await, Dockerd::start().await);
    let pushed = upstream.push("team/app", "v1", &Recipe::plain("one")).await;
    let stage = before(&format!("http://{}", upstream.host()), |builder| builder).await;
    for (number, cli) in DockerCli::all(&dockerd.engine().docker_host()).iter().enumerate() {
        let reference = format!("{}/up/team/app:v1", stage.host());
        cli.run(&["pull", &reference]).await.ok();
        let id = cli.run(&["image", "inspect", "--format", "{{.Id}}", &reference]).await.ok();
        assert_eq!(id.trim(), pushed.image_id, "{number}");
        cli.run(&["rmi", &reference]).await.ok();
        cli.run(&["pull", &format!("{}/up/team/none:v1", stage.host())]).await.refused();
    }
    recorded(&stage, "v1").await;
    let asked = upstream.requests().await;
    let blobs = asked.iter().filter(|request| request.method == "GET" && request.uri.contains("/blobs/"));
    assert_eq!(blobs.count(), 2, "config and layer once each");
}
