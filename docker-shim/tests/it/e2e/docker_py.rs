//! docker-py: one script, which fails at the first thing that is not as it should be.

use fixtures::{
    peers::{DockerRegistry, Recipe},
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
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/e2e/docker_py.py");
    let home = tempfile::tempdir().unwrap();
    let ran = Tool::new(pinned("python/bin/python"))
        .args([script, open.host(), private.host(), &app.digest])
        .env("DOCKER_HOST", system.docker_host())
        .env("DOCKER_CONFIG", home.path())
        .env("HOME", home.path())
        .run()
        .await;
    assert_eq!(ran.ok(), "ok\n");
}
