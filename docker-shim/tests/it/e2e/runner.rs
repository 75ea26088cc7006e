//! GitLab Runner's way to its helper image, request by request, as version 19.4 sends them.

use std::path::Path;

use bytes::Bytes;
use fixtures::{
    peers::{Archive, Layer, Recipe, compressed},
    system::System,
};
use http::{Request, StatusCode};
use serde_json::json;
use tokio::net::UnixStream;

use super::staged::assert_pullable;
use crate::client::{read_until, send};

const HELPER: &str = "registry.gitlab.com/gitlab-org/gitlab-runner/gitlab-runner-helper";
const TAG: &str = "x86_64-v19.4.0";

fn inspect_path() -> String {
    format!("/v1.40/images/{HELPER}:{TAG}/json")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_without_a_name_is_loaded_tagged_by_its_id_and_found() {
    let system = System::start().await;
    let dir = tempfile::tempdir().unwrap();
    let recipe = Recipe::plain("helper");
    let archive = zstd(dir.path(), &Archive::docker(&[(&recipe, &[])]).tar()).await;

    let missing = system.engine().get(&inspect_path()).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.json()["message"], json!(format!("No such image: {HELPER}:{TAG}")));

    let id = first_result(&system, &archive).await;
    assert_eq!(id, recipe.image_id());
    let tag = format!("/v1.40/images/{id}/tag?repo={HELPER}&tag={TAG}");
    assert_eq!(system.engine().post(&tag).await.status, StatusCode::CREATED);

    let found = system.engine().get(&inspect_path()).await.json();
    assert_eq!(found["Id"], json!(id));
    assert_eq!(found["RepoTags"], json!([format!("{HELPER}:{TAG}")]));
    assert_pullable(&system, &format!("{HELPER}:{TAG}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_with_a_name_may_be_tagged_by_that_name() {
    let system = System::start().await;
    let dir = tempfile::tempdir().unwrap();
    let recipe = Recipe::plain("named helper");
    let archive = zstd(dir.path(), &Archive::docker(&[(&recipe, &["helper:made"])]).tar()).await;
    assert_eq!(first_result(&system, &archive).await, "helper:made");
    let tag = format!("/v1.40/images/helper:made/tag?repo={HELPER}&tag={TAG}");
    assert_eq!(system.engine().post(&tag).await.status, StatusCode::CREATED);
    assert_eq!(system.engine().get(&inspect_path()).await.json()["Id"], json!(recipe.image_id()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_that_is_a_root_file_system_is_imported_with_its_entry_point() {
    let system = System::start().await;
    let dir = tempfile::tempdir().unwrap();
    let layer = Layer::with_program("usr/bin/dumb-init", b"#!/bin/sh\n");
    let tar = dir.path().join("helper.tar");
    std::fs::write(&tar, layer.tar()).unwrap();
    let archive = std::fs::read(compressed(&tar, "xz").await).unwrap();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("changes", r#"ENTRYPOINT ["/usr/bin/dumb-init", "/entrypoint"]"#)
        .append_pair("fromSrc", "-")
        .append_pair("repo", HELPER)
        .append_pair("tag", TAG)
        .finish();

    assert_eq!(system.engine().get(&inspect_path()).await.status, StatusCode::NOT_FOUND);
    let import = Request::post(format!("/v1.40/images/create?{query}")).body(Bytes::from(archive)).unwrap();
    assert!(import.headers().is_empty(), "the runner says no Content-Type");
    let imported = system.engine().send(import).await;
    assert_eq!(imported.status, StatusCode::OK);
    let id = imported.messages()[0]["status"].clone();

    let found = system.engine().get(&inspect_path()).await.json();
    assert_eq!(found["Id"], id);
    assert_eq!(found["Config"]["Entrypoint"], json!(["/usr/bin/dumb-init", "/entrypoint"]));
    assert_eq!(found["RootFS"]["Layers"], json!([layer.diff_id]));
    assert_pullable(&system, &format!("{HELPER}:{TAG}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_whose_archive_cannot_be_loaded_falls_back_to_the_import() {
    let system = System::start().await;
    let recipe = Recipe::plain("damaged");
    let tar = Archive::docker(&[(&recipe, &[])]).tar();
    let refused = system.engine().upload("/v1.40/images/load?quiet=1", tar[..tar.len() / 2].to_vec()).await;
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
    let path = format!("/v1.40/images/create?fromSrc=-&repo={HELPER}&tag={TAG}");
    let imported = system.engine().upload(&path, recipe.layers[0].tar()).await;
    assert_eq!(imported.status, StatusCode::OK);
    assert_eq!(system.engine().get(&inspect_path()).await.status, StatusCode::OK);
}

async fn zstd(dir: &Path, tar: &[u8]) -> Vec<u8> {
    let file = dir.join("helper.docker.tar");
    std::fs::write(&file, tar).unwrap();
    std::fs::read(compressed(&file, "zstd").await).unwrap()
}

/// Loads as the runner does: reads up to the first result line, takes what it names, and hangs up.
async fn first_result(system: &System, archive: &[u8]) -> String {
    let mut stream = UnixStream::connect(system.engine().socket()).await.unwrap();
    send(&mut stream, "POST /v1.40/images/load?quiet=1", &["Content-Type: application/x-tar"], archive).await;
    let text = read_until(&mut stream, "\"}\r\n").await;
    drop(stream);
    let line = text
        .lines()
        .find(|line| line.contains("\"stream\""))
        .unwrap_or_else(|| panic!("no result in {text}"));
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    let result = line["stream"].as_str().unwrap();
    let named = result.strip_prefix("Loaded image ID:").or(result.strip_prefix("Loaded image:"));
    named.unwrap_or_else(|| panic!("{result}")).trim().to_owned()
}
