//! `kubernetes/`: manifests that Kubernetes' schemas know, and that fit together.

use std::{ffi::OsString, fs};

use fixtures::tool::{Tool, pinned};
use image_service::config::Sources;

use super::{file, files};

fn manifests() -> Vec<String> {
    let is_one = |name: &String| name.starts_with("kubernetes/") && !name.ends_with("kustomization.yaml");
    files().into_iter().filter(is_one).collect()
}

fn python(args: &[&str]) -> Tool {
    Tool::new(pinned("python/bin/python")).args(args)
}

#[tokio::test]
async fn every_manifest_is_one_for_old_and_new_clusters() {
    for version in ["1.28.0", "1.37.0"] {
        let validate = python(&["-m", "kubernetes_validate", "--strict", "--version", version]);
        validate.args(manifests().iter().map(|name| file(name))).run().await.ok();
    }
}

#[tokio::test]
async fn a_manifest_with_a_mistake_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.yaml");
    let text = fs::read_to_string(file("kubernetes/docker-shim.yaml")).unwrap();
    fs::write(&wrong, text.replace("hostPath:", "hostPaths:")).unwrap();
    python(&["-m", "kubernetes_validate", "--strict"]).arg(wrong).run().await.refused();
}

#[tokio::test]
async fn the_manifests_fit_together() {
    let check = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/deploy/kubernetes.py");
    python(&[check]).arg(file("kubernetes")).run().await.ok();
}

#[tokio::test]
async fn the_configuration_in_the_map_is_one() {
    let print = r#"
import sys, yaml
for document in yaml.safe_load_all(open(sys.argv[1])):
    if document["kind"] == "ConfigMap":
        print(document["data"]["config.toml"])
"#;
    let text = python(&["-c", print]).arg(file("kubernetes/image-service.yaml")).run().await.ok();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, text).unwrap();
    let url =
        (OsString::from("IMAGE_SERVICE_DATABASE_URL"), OsString::from("postgres://db.example.com/images"));
    let config = Sources::gather(Some(&path), [url], []).config().unwrap();
    assert!(config.database.url.is_some() && !config.allow_remote_plaintext);
    assert_eq!(config.access.identities.len(), 2);
    assert_eq!(config.access.mistakes(config.tls.as_ref()), Vec::<String>::new());
}
