//! What all of this is for: an image that came as a tar is pulled from where it was staged, by an engine that knows nothing of us, and runs.

use std::path::Path;

use fixtures::{
    peers::{Archive, DockerCli, DockerRegistry, Dockerd, Layer, Recipe},
    system::System,
    tool::Tool,
};
use serde_json::json;

const SAYS: &str = "hello from a layer";

/// A program that needs nothing but a kernel.
async fn program(dir: &Path) -> Vec<u8> {
    let source = dir.join("hello.c");
    let text = format!("#include <stdio.h>\nint main(void) {{ return puts(\"{SAYS}\") < 0; }}\n");
    std::fs::write(&source, text).unwrap();
    let program = dir.join("hello");
    Tool::new("cc").args(["-static", "-s", "-o"]).arg(&program).arg(source).run().await.ok();
    std::fs::read(program).unwrap()
}

async fn runnable(dir: &Path) -> Recipe {
    let mut recipe = Recipe::plain("runs");
    recipe.layers =
        vec![Layer::with_program("hello", &program(dir).await), Layer::with_file("etc/motd", b"welcome\n")];
    recipe.config["config"] = json!({ "Cmd": ["/hello"] });
    recipe
}

/// Has a dockerd pull a reference and run it.
async fn runs(dockerd: &Dockerd, reference: &str, id: &str) {
    let cli = DockerCli::new(&dockerd.engine().docker_host());
    cli.run(&["pull", reference]).await.ok();
    let found = cli.run(&["image", "inspect", "--format", "{{.Id}}", reference]).await.ok();
    assert_eq!(found.trim(), id);
    let said = cli.run(&["run", "--rm", "--network", "none", reference]).await.ok();
    assert_eq!(said.trim(), SAYS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loaded_image_runs_in_a_dockerd_that_pulls_it_from_the_embedded_registry() {
    let (system, dockerd) = tokio::join!(System::start(), Dockerd::start());
    let dir = tempfile::tempdir().unwrap();
    let recipe = runnable(dir.path()).await;
    system.engine().load(Archive::docker(&[(&recipe, &["app:1"])]).tar()).await;
    runs(&dockerd, &system.pullable("app:1").await, &recipe.image_id()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_image_runs_in_a_dockerd_that_pulls_it() {
    let (system, dockerd) = tokio::join!(System::start(), Dockerd::start());
    let dir = tempfile::tempdir().unwrap();
    let root = Layer::with_program("hello", &program(dir.path()).await).tar();
    let path = "/v1.41/images/create?fromSrc=-&repo=root&tag=1&changes=CMD%20%5B%22/hello%22%5D";
    let imported = system.engine().upload(path, root).await;
    let id = imported.messages()[0]["status"].as_str().unwrap().to_owned();
    runs(&dockerd, &system.pullable("root:1").await, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_image_and_a_pushed_one_run_in_a_dockerd() {
    let (registry, system, dockerd) = tokio::join!(DockerRegistry::open(), System::start(), Dockerd::start());
    let dir = tempfile::tempdir().unwrap();
    let recipe = runnable(dir.path()).await;
    let name = registry.reference("team/app:v1");
    system.engine().load(Archive::docker(&[(&recipe, &[&name])]).tar()).await;
    let saved = system.engine().get(&format!("/v1.41/images/{name}/get")).await;
    assert_eq!(dockerd.engine().load(saved.body).await.results(), [format!("Loaded image: {name}")]);
    let cli = DockerCli::new(&dockerd.engine().docker_host());
    let said = cli.run(&["run", "--rm", "--network", "none", &name]).await.ok();
    assert_eq!(said.trim(), SAYS);
    cli.run(&["rmi", &name]).await.ok();

    DockerCli::new(&system.docker_host()).run(&["push", &name]).await.ok();
    runs(&dockerd, &name, &recipe.image_id()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_the_same_with_every_compression_of_its_layers() {
    let dockerd = Dockerd::start().await;
    let dir = tempfile::tempdir().unwrap();
    let recipe = runnable(dir.path()).await;
    // zstd is more than a dockerd 20.10 reads.
    for compression in ["gzip", "none"] {
        let system = System::with_config(&format!("[staging]\ncompression = '{compression}'\n")).await;
        system.engine().load(Archive::docker(&[(&recipe, &["app:1"])]).tar()).await;
        runs(&dockerd, &system.pullable("app:1").await, &recipe.image_id()).await;
        DockerCli::new(&dockerd.engine().docker_host()).run(&["rmi", "-f", &recipe.image_id()]).await.ok();
    }
}
