//! A state as a document: read, told, and told again.

use std::process::Command;

use ecr_local::{AdminAccess, EcrLocal, Seed, SeedBlob, SeedImage, SeedRepository, StartError};
use fixtures::{
    images::{Content, Image, OCI_INDEX, sha256},
    process::Process,
    tool::Tool,
};
use serde_json::{Value, json};

use crate::stage::{Reply, Stage, read};

async fn stage() -> Stage {
    Stage::with(|builder| builder.admin(Some(AdminAccess::Local))).await
}

async fn import(stage: &Stage, document: &Value) -> Reply {
    read(stage.request("POST", "/_ecr-local/state").body(document.to_string())).await
}

async fn told(stage: &Stage) -> Value {
    stage.get("/_ecr-local/state").await.expect(200).json()
}

fn text(content: &Content) -> String {
    String::from_utf8(content.bytes.to_vec()).unwrap()
}

fn blob(content: &Content) -> SeedBlob {
    SeedBlob { text: Some(text(content)), ..SeedBlob::default() }
}

fn repository(image: &Image) -> SeedRepository {
    SeedRepository {
        blobs: image.layers.iter().chain([&image.config]).map(blob).collect(),
        images: vec![SeedImage {
            manifest: text(&image.manifest),
            tags: vec!["v1".into()],
            ..SeedImage::default()
        }],
        ..SeedRepository::new("team/app")
    }
}

#[tokio::test]
async fn mistakes_are_told_with_their_place() {
    let stage = stage().await;
    let image = Image::oci("one");
    let manifest = text(&image.manifest);
    for (repository, why) in [
        (json!({ "name": "Team" }), "Team: this is no name of a repository"),
        (json!({ "name": "a", "account": "12" }), "12/us-east-1: this is no account with its Region"),
        (json!({ "name": "a", "imageTagMutability": "SOMETIMES" }), "a: imageTagMutability"),
        (json!({ "name": "a", "lifecyclePolicy": "{}" }), "a: lifecyclePolicy: "),
        (json!({ "name": "a", "blobs": [{ "text": "x" }, {}] }), "a: blob 2: content: it has none"),
        (
            json!({ "name": "a", "blobs": [{ "text": "x", "base64": "eA==" }] }),
            "a: blob 1: content: it comes from one",
        ),
        (
            json!({ "name": "a", "blobs": [{ "text": "x", "digest": sha256(b"y") }] }),
            "a: blob 1: digest: the content has another one",
        ),
        (
            json!({ "name": "a", "blobs": [{ "text": "x", "digest": "md5:0" }] }),
            "a: blob 1: digest: this is no digest",
        ),
        (json!({ "name": "a", "blobs": [{ "base64": "?" }] }), "a: blob 1: base64: "),
        (
            json!({ "name": "a", "blobs": [{ "file": "/etc/hostname" }] }),
            "a: blob 1: file: only documents in files",
        ),
        (json!({ "name": "a", "images": [{ "manifest": "{}" }] }), "manifest sha256:"),
        (json!({ "name": "a", "images": [{ "manifest": manifest }] }), "which is missing"),
        (json!({ "name": "a", "images": [{ "manifest": manifest, "tags": ["+"] }] }), "a tag is none"),
        (json!({ "name": "a", "colour": "red" }), "unknown field `colour`"),
    ] {
        let reply = import(&stage, &json!({ "version": 1, "repositories": [repository] })).await.expect(400);
        let error = reply.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(why), "{error}");
    }
    assert_eq!(std::fs::read_dir(stage.data_dir().join("uploads")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_registry_that_cannot_be_filled_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    let seed = Seed::new(vec![SeedRepository::new("Team")]);
    let error = EcrLocal::builder(dir.path()).seed(seed).start().await.unwrap_err();
    assert!(matches!(error, StartError::Seed(_)), "{error}");
    assert!(Seed::read(&dir.path().join("none.json")).unwrap_err().to_string().contains("none.json"));
}

#[tokio::test]
async fn settings_blobs_and_images_are_there_and_stay_there_when_they_come_again() {
    let image = Image::oci("one");
    let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [image.manifest.entry("linux/amd64")] });
    let mut wanted = repository(&image);
    let index = SeedImage { manifest: index.to_string(), tags: vec!["all".into()], ..SeedImage::default() };
    wanted.images.insert(0, index);
    wanted.images[1].pushed_at = Some(1_600_000_000);
    wanted.images[1].pulled_at = Some(1_600_000_060);
    wanted.created_at = Some(1_500_000_000);
    wanted.image_tag_mutability = Some("IMMUTABLE".into());
    wanted.scan_on_push = true;
    wanted.tags.insert("team".into(), "a".into());
    wanted.policy = Some(r#"{"Statement":[]}"#.into());
    let elsewhere =
        SeedRepository { account: "123456789012".into(), region: "eu-west-1".into(), ..wanted.clone() };
    let seed = Seed::new(vec![wanted, elsewhere]);
    let mut stage = Stage::with(|builder| builder.seed(seed.clone())).await;
    stage.restart(|builder| builder.seed(seed.clone())).await;
    stage.running().import(&seed).await.unwrap();
    let name = json!({ "repositoryName": "team/app" });
    let described = stage.done("DescribeRepositories", json!({ "repositoryNames": ["team/app"] })).await;
    let described = &described["repositories"][0];
    assert_eq!(
        (&described["imageTagMutability"], &described["createdAt"]),
        (&json!("IMMUTABLE"), &json!(1_500_000_000))
    );
    assert_eq!(described["imageScanningConfiguration"]["scanOnPush"], true);
    assert_eq!(stage.done("GetRepositoryPolicy", name.clone()).await["policyText"], r#"{"Statement":[]}"#);
    let arn = json!({ "resourceArn": described["repositoryArn"] });
    assert_eq!(
        stage.done("ListTagsForResource", arn).await["tags"],
        json!([{ "Key": "team", "Value": "a" }])
    );
    let images = stage.done("DescribeImages", name).await["imageDetails"].clone();
    assert_eq!(images[0]["imagePushedAt"], 1_600_000_000);
    assert_eq!(images[0]["lastRecordedPullTime"], 1_600_000_060);
    assert_eq!(images[1]["imageTags"], json!(["all"]));
    let host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    read(stage.request("GET", "/v2/team/app/manifests/v1").header("host", host)).await.expect(200);
}

#[tokio::test]
async fn what_is_told_makes_the_same_state_elsewhere() {
    let (one, two) = (stage().await, stage().await);
    one.push("app", "v1", &Image::oci("one")).await;
    one.push("team/app", "v2", &Image::docker("two")).await;
    one.push_blob("unused", "nobody refers to this").await;
    one.done("PutRegistryPolicy", json!({ "policyText": r#"{"Statement":[]}"# })).await;
    let state = told(&one).await;
    assert_eq!(state["repositories"].as_array().unwrap().len(), 3);
    import(&two, &state).await.expect(204);
    assert_eq!(told(&two).await, state);
    let empty = stage().await;
    assert_eq!(told(&empty).await, json!({ "version": 1, "settings": [], "repositories": [] }));
}

#[tokio::test]
async fn large_blobs_are_named_only_and_taken_where_they_are_known() {
    let (one, two) = (stage().await, stage().await);
    let image = Image::oci("one");
    one.push("app", "v1", &image).await;
    let state = one.get("/_ecr-local/state?inlineBytes=0").await.expect(200).json();
    assert!(state["repositories"][0]["blobs"][0]["base64"].is_null(), "{state}");
    import(&two, &state).await.expect(400);
    two.push("other", "v1", &image).await;
    import(&two, &state).await.expect(204);
    let layer = format!("/v2/app/blobs/{}", image.layers[0].digest());
    assert_eq!(two.get(&layer).await.expect(200).body, image.layers[0].bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_in_a_folder_is_what_the_program_begins_with() {
    let (stage, dir) = (Stage::start().await, tempfile::tempdir().unwrap());
    let image = Image::oci("one");
    stage.push("team/app", "v1", &image).await;
    let folder = dir.path().join("state");
    stage.running().export(&folder).await.unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-local"));
    command.args(["--listen", "127.0.0.1:0", "--admin", "--data-dir"]).arg(dir.path().join("data"));
    let program =
        Process::start("ecr-local", "cargo build", command.arg("--seed").arg(folder.join("state.json")));
    let line = program.line("listening on ").await;
    let host = line.rsplit(' ').next().unwrap();
    let copied = format!("dir:{}", dir.path().join("copy").display());
    let source = format!("docker://{host}/team/app:v1");
    Tool::new("skopeo").args(["copy", "--src-tls-verify=false", &source, &copied]).run().await.ok();
    assert_eq!(std::fs::read(dir.path().join("copy/manifest.json")).unwrap(), image.manifest.bytes);
    let history = reqwest::Client::builder().no_proxy().build().unwrap();
    let history =
        read(history.get(format!("http://{host}/_ecr-local/history?operation=GetBlob"))).await.expect(200);
    assert_eq!(history.json()["entries"].as_array().unwrap().len(), image.layers.len() + 1);
}
