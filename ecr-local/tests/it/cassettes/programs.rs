//! The program's commands, and real clients on both sides of them.

use std::{path::Path, process::Command};

use ecr_local::cassette::{self, Mode, Serving};
use fixtures::{
    images::Image,
    peers::{DockerRegistry, Recipe},
    process::Process,
    tool::{Tool, pinned},
};
use serde_json::{Value, json};

use super::{LOCAL, Studio};
use crate::{clients::push, stage::Stage};

#[tokio::test(flavor = "multi_thread")]
async fn the_program_records_replays_and_compares_for_real_clients() {
    let (stage, dir) = (Stage::start().await, tempfile::tempdir().unwrap());
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    let tape = dir.path().join("tape");
    let upstream = format!("http://{}", stage.host());
    let (mut recorder, host) = program(&["record", "--upstream", &upstream, "--listen", LOCAL], &tape).await;
    copy(&host, &dir.path().join("one")).await;
    assert!(recorder.stop());
    let (_replayer, host) = program(&["replay", "--mode", "match", "--listen", LOCAL], &tape).await;
    copy(&host, &dir.path().join("two")).await;
    let layer = image.layers[0].digest().replace("sha256:", "");
    assert_eq!(std::fs::read(dir.path().join("two").join(layer)).unwrap(), image.layers[0].bytes);
    assert_eq!(compare(&tape, &upstream), (Some(0), true));
    let empty = Stage::start().await;
    assert_eq!(compare(&tape, &format!("http://{}", empty.host())), (Some(1), false));
}

/// Makes calls that are signed, and prints what came of them.
const CALLS: &str = r#"
import base64, json, sys
import boto3
client = boto3.client("ecr", endpoint_url=sys.argv[1], region_name="eu-west-1", aws_access_key_id="AKID", aws_secret_access_key="s3cret")
made = client.create_repository(repositoryName="app", imageTagMutability="IMMUTABLE")["repository"]
try:
    client.create_repository(repositoryName="app")
except client.exceptions.RepositoryAlreadyExistsException as error:
    refused = error.response["Error"]["Message"]
pages = [page["repositories"] for page in client.get_paginator("describe_repositories").paginate()]
token = client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
user = base64.b64decode(token).split(b":")[0].decode()
print(json.dumps([made, refused, pages, user], default=str))
"#;

#[tokio::test(flavor = "multi_thread")]
async fn boto3_signs_for_the_server_behind_the_recorder_and_gets_the_same_from_the_cassette() {
    let key = |builder: ecr_local::Builder| builder.access_key("AKID", "s3cret".into(), "123456789012");
    let studio = Studio::start(key).await;
    let run = async |server: std::net::SocketAddr| {
        let python = Tool::new(pinned("python/bin/python")).args(["-c", CALLS, &format!("http://{server}")]);
        python.env("AWS_EC2_METADATA_DISABLED", "true").run().await.ok()
    };
    let recorded = run(studio.recorder.address()).await;
    let told: Value = serde_json::from_str(&recorded).unwrap();
    assert_eq!((&told[0]["registryId"], &told[3]), (&json!("123456789012"), &json!("AWS")));
    assert_eq!(run(studio.replay(Mode::Strict).await.address()).await, recorded);
    assert!(!studio.written().contains("s3cret"));
    let open = Stage::start().await;
    let differences = studio.differences(&open).await;
    assert!(differences.iter().all(|line| line.contains("000000000000")), "{differences:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_skopeo_does_with_another_registry_is_served_again_and_held_against_this_one() {
    let (other, source) = (DockerRegistry::open().await, Stage::start().await);
    push(&source, "app", "v1", &Recipe::plain("one")).await;
    let dir = tempfile::tempdir().unwrap();
    let tape = dir.path().join("tape");
    let recorder = cassette::record(&format!("http://{}", other.host()), &tape, LOCAL).await.unwrap();
    let copy_to = async |server: &Serving| {
        let [from, to] =
            [source.host(), server.address().to_string()].map(|host| format!("docker://{host}/app:v1"));
        let through = ["copy", "--src-tls-verify=false", "--dest-tls-verify=false", &from, &to];
        Tool::new("skopeo").args(through).run().await.ok();
    };
    copy_to(&recorder).await;
    copy_to(&cassette::replay(&tape, Mode::Match, LOCAL).await.unwrap()).await;
    let stage = Stage::start().await;
    let against = format!("http://{}", stage.host());
    let differences = cassette::compare(&tape, &against, &[]).await.unwrap().differences;
    assert!(differences.is_empty(), "{differences:?}");
}

async fn program(arguments: &[&str], tape: &Path) -> (Process, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-local"));
    let process =
        Process::start("ecr-local", "cargo build", command.args(arguments).arg("--cassette").arg(tape));
    let line = process.line("listening on ").await;
    (process, line.rsplit(' ').next().unwrap().to_owned())
}

async fn copy(host: &str, folder: &Path) {
    let (source, copied) = (format!("docker://{host}/app:v1"), format!("dir:{}", folder.display()));
    Tool::new("skopeo").args(["copy", "--src-tls-verify=false", &source, &copied]).run().await.ok();
}

/// The status, and whether it says that there is no difference.
fn compare(tape: &Path, against: &str) -> (Option<i32>, bool) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-local"));
    let ran = command.args(["compare", "--against", against, "--cassette"]).arg(tape).output().unwrap();
    (ran.status.code(), String::from_utf8_lossy(&ran.stdout).contains(" 0 differences"))
}
