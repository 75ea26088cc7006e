//! `docker save`: archives that every engine loads, made of layers that only a registry holds.

use std::path::Path;

use fixtures::{
    peers::{Archive, DockerCli, DockerRegistry, Dockerd, Layer, Recipe},
    system::System,
    tool::Tool,
};
use serde_json::json;

/// An image with two layers.
fn layered(marker: &str) -> Recipe {
    let mut recipe = Recipe::plain(marker);
    recipe.layers.push(Layer::with_file("second", &[b'x'; 5000]));
    recipe
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_archive_loads_into_a_real_dockerd_with_the_same_ids() {
    let (system, dockerd) = tokio::join!(System::start(), Dockerd::start());
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (layered("one"), Recipe::plain("two"));
    let archive = Archive::docker(&[(&one, &["app:1", "app:2"]), (&two, &["other:1"])]);
    system.engine().load(archive.tar()).await;
    let theirs = DockerCli::new(&dockerd.engine().docker_host());
    for cli in DockerCli::all(&system.docker_host()) {
        let file = save(&cli, dir.path(), &["app", "other:1"]).await;
        let out = theirs.run(&["load", "-q", "-i", &file]).await.ok();
        assert_eq!(out, "Loaded image: app:1\nLoaded image: app:2\nLoaded image: other:1\n");
        for (name, recipe) in [("app:1", &one), ("app:2", &one), ("other:1", &two)] {
            let found = theirs.run(&["image", "inspect", "--format", "{{.Id}}", name]).await.ok();
            assert_eq!(found.trim(), recipe.image_id());
        }
        theirs.run(&["rmi", "-f", &one.image_id(), &two.image_id()]).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_saves_itself_a_repository_its_tags_and_an_id_no_name() {
    let system = System::start().await;
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (layered("one"), Recipe::plain("two"));
    system.engine().load(Archive::docker(&[(&one, &["app:1", "app:2"]), (&two, &["other:1"])]).tar()).await;
    let id = one.image_id();
    for cli in DockerCli::all(&system.docker_host()) {
        for (names, expected) in [
            (&["app:1"][..], json!([["app:1"]])),
            (&["app"], json!([["app:1", "app:2"]])),
            (&[&id], json!([null])),
            (&["app:2", "other:1"], json!([["app:2"], ["other:1"]])),
            (&["app:2", "app:1", &id], json!([["app:2", "app:1"]])),
        ] {
            let file = save(&cli, dir.path(), names).await;
            let manifest = manifest(&file).await;
            let tags: Vec<_> =
                manifest.as_array().unwrap().iter().map(|image| image["RepoTags"].clone()).collect();
            assert_eq!(json!(tags), expected, "{names:?}");
            // What was saved here loads here.
            let out = cli.run(&["load", "-q", "-i", &file]).await.ok();
            assert!(out.contains("Loaded image"), "{out}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_removing_and_loading_brings_the_same_image_back() {
    let system = System::start().await;
    let dir = tempfile::tempdir().unwrap();
    let recipe = layered("back");
    system.engine().load(Archive::docker(&[(&recipe, &["app:1"])]).tar()).await;
    for cli in DockerCli::all(&system.docker_host()) {
        let file = save(&cli, dir.path(), &["app:1"]).await;
        cli.run(&["rmi", "app:1"]).await.ok();
        let out = cli.run(&["load", "-q", "-i", &file]).await.ok();
        assert_eq!(out, format!("Loaded image: app:1\nLoaded image ID: {}\n", recipe.image_id()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_pulled_is_saved_from_its_registry() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    let dir = tempfile::tempdir().unwrap();
    let recipe = layered("pulled");
    registry.push("team/app", "v1", &recipe).await;
    let name = registry.reference("team/app:v1");
    for cli in DockerCli::all(&system.docker_host()) {
        cli.run(&["pull", &name]).await.ok();
        let file = save(&cli, dir.path(), &[&name]).await;
        let copied = format!("docker-archive:{file}");
        let inspected = Tool::new("skopeo").args(["inspect", "--config", "--raw", &copied]).run().await.ok();
        assert_eq!(inspected.trim().as_bytes(), recipe.config_bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_saved() {
    let system = System::start().await;
    system.engine().load(Archive::docker(&[(&Recipe::plain("x"), &["app:1"])]).tar()).await;
    for (name, message) in [
        ("nosuch", "No such image: nosuch"),
        ("nosuch:1", "reference does not exist"),
        ("app:nosuch", "reference does not exist"),
    ] {
        let refused = system.engine().get(&format!("/v1.41/images/{name}/get")).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["message"]), (404, &json!(message)), "{name}");
    }
}

async fn save(cli: &DockerCli, dir: &Path, names: &[&str]) -> String {
    let file = dir.join("saved.tar").to_str().unwrap().to_owned();
    cli.run(&[&["save", "-o", &file][..], names].concat()).await.ok();
    file
}

async fn manifest(archive: &str) -> serde_json::Value {
    let out = Tool::new("tar").args(["-xOf", archive, "manifest.json"]).run().await.ok();
    serde_json::from_str(&out).unwrap()
}
