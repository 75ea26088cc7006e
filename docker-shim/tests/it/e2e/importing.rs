//! `docker import`: an image from the tar of a root file system.

use fixtures::{
    peers::{DockerCli, Layer, compressed},
    system::System,
};
use serde_json::{Value, json};

use super::staged::assert_pullable;

#[tokio::test(flavor = "multi_thread")]
async fn a_root_file_system_becomes_an_image_with_the_changes_that_were_asked_for() {
    let system = System::start().await;
    let dir = tempfile::tempdir().unwrap();
    let layer = Layer::with_program("bin/app", b"#!/bin/sh\n");
    let plain = dir.path().join("root.tar");
    std::fs::write(&plain, layer.tar()).unwrap();
    let xz = compressed(&plain, "xz").await;
    for cli in DockerCli::all(&system.docker_host()) {
        for file in [&plain, &xz] {
            let changes = ["--change", r#"CMD ["/bin/app"]"#, "-c", "ENV A=b", "-c", "LABEL team=a"];
            let from =
                ["--message", "made here", "--platform", "linux/arm64", file.to_str().unwrap(), "root:1"];
            let out = cli.run(&[&["import"][..], &changes, &from].concat()).await.ok();
            let found = inspect(&cli, "root:1").await;
            assert_eq!(out.trim(), found["Id"].as_str().unwrap());
            assert_eq!(found["Config"]["Cmd"], json!(["/bin/app"]));
            assert_eq!(found["Config"]["Env"], json!(["A=b"]));
            assert_eq!(found["Config"]["Labels"], json!({ "team": "a" }));
            assert_eq!((&found["Comment"], &found["Architecture"]), (&json!("made here"), &json!("arm64")));
            assert_eq!(found["RootFS"]["Layers"], json!([layer.diff_id]));
            assert_pullable(&system, "root:1").await;
            cli.run(&["rmi", "root:1"]).await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_without_a_name_is_found_by_its_id() {
    let system = System::start().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("root.tar");
    std::fs::write(&file, Layer::with_file("hello", b"hello").tar()).unwrap();
    for cli in DockerCli::all(&system.docker_host()) {
        let id = cli.run(&["import", file.to_str().unwrap()]).await.ok();
        let found = inspect(&cli, id.trim()).await;
        assert_eq!((&found["RepoTags"], &found["Architecture"]), (&json!([]), &json!("amd64")));
        assert!(found["Comment"].as_str().unwrap().starts_with("Imported from -"), "{found}");
        cli.run(&["rmi", id.trim()]).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_imported_is_refused_and_leaves_no_image() {
    let system = System::start().await;
    let root = Layer::with_file("hello", b"hello").tar();
    for (query, body, status, message) in [
        ("repo=a&changes=RUN%20x", &root[..], 400, "run is not a valid change command"),
        ("repo=UPPER", &root, 400, "repository name (library/UPPER) must be lowercase"),
        ("repo=a&platform=a/b/c/d", &root, 400, "a/b/c/d"),
        (
            "repo=a",
            b"hello this is not a tar",
            500,
            "ApplyLayer exit status 1 stdout:  stderr: unexpected EOF",
        ),
        ("repo=a", &root[..700], 500, "unexpected EOF"),
    ] {
        let path = format!("/v1.41/images/create?fromSrc=-&{query}");
        let refused = system.engine().upload(&path, body.to_vec()).await;
        assert_eq!(refused.status.as_u16(), status, "{query}: {}", refused.text());
        assert!(refused.text().contains(message), "{query}: {}", refused.text());
        assert!(!refused.header("content-length").is_empty());
    }
    assert_eq!(system.engine().get("/images/json?all=1").await.json(), json!([]));
}

async fn inspect(cli: &DockerCli, name: &str) -> Value {
    let found: Value = serde_json::from_str(&cli.run(&["image", "inspect", name]).await.ok()).unwrap();
    found[0].clone()
}
