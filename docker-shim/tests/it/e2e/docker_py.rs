//! docker-py: scripts that fail at the first thing that is not as it should be.

use fixtures::{
    peers::{Archive, DockerRegistry, Layer, Recipe},
    system::System,
    tool::{Tool, pinned},
};

#[tokio::test(flavor = "multi_thread")]
async fn docker_py_finds_what_it_expects() {
    let (open, private) =
        (DockerRegistry::open().await, DockerRegistry::htpasswd(&[("alice", "s3cret")]).await);
    let mut recipe = Recipe::plain("one");
    recipe.config["config"]["Labels"] = serde_json::json!({ "team": "a" });
    let app = open.push("team/app", "v1", &recipe).await;
    open.push("team/app", "v2", &Recipe::plain("two")).await;
    private.push("priv/app", "v1", &Recipe::plain("private")).await;
    let system = System::start().await;
    run(&system, "docker_py.py", &[open.host(), private.host(), &app.digest]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_py_loads_saves_pushes_and_imports() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    let dir = tempfile::tempdir().unwrap();
    let archive =
        Archive::docker(&[(&Recipe::plain("named"), &["archived:1"]), (&Recipe::plain("unnamed"), &[])]);
    let file = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let tar = archive.tar();
    let files = [
        file("archive.tar", &tar),
        file("broken.tar", &tar[..tar.len() / 2]),
        file("root.tar", &Layer::with_file("hello", b"hello").tar()),
    ];
    let arguments = [registry.host(), &files[0], &files[1], &files[2]];
    run(&system, "docker_py_archives.py", &arguments).await;
}

async fn run(system: &System, script: &str, arguments: &[&str]) {
    let script = format!("{}/tests/it/e2e/{script}", env!("CARGO_MANIFEST_DIR"));
    let home = tempfile::tempdir().unwrap();
    let ran = Tool::new(pinned("python/bin/python"))
        .arg(script)
        .args(arguments)
        .env("DOCKER_HOST", system.docker_host())
        .env("DOCKER_CONFIG", home.path())
        .env("HOME", home.path())
        .run()
        .await;
    assert_eq!(ran.ok(), "ok\n");
}
