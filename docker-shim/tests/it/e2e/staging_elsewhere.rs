//! Staging into a registry that is somebody else's, and what remains of loading without any.

use fixtures::{
    peers::{Archive, DockerCli, DockerRegistry, Grants, Layer, Recipe, TokenServer},
    process::until,
    system::System,
};
use serde_json::json;

use super::staged::{assert_pullable, pull};

async fn staging_on(registry: &DockerRegistry) -> System {
    System::with_config(&format!("[staging]\nrepository = '{}'\n", registry.reference("staging"))).await
}

fn layered() -> Recipe {
    let mut recipe = Recipe::plain("staged elsewhere");
    recipe.layers.push(Layer::with_file("second", b"another layer"));
    recipe
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_staged_saved_and_mounted_from_a_registry_that_is_open() {
    let registry = DockerRegistry::open().await;
    let system = staging_on(&registry).await;
    let recipe = layered();
    let name = registry.reference("team/app:v1");
    system.engine().load(Archive::docker(&[(&recipe, &[&name])]).tar()).await;
    let pullable = system.pullable(&name).await;
    assert!(pullable.starts_with(&format!("{}@sha256:", registry.reference("staging"))), "{pullable}");
    pull(&pullable, "").await;
    assert!(!system.data_dir().join("registry").exists(), "there is no embedded registry");
    let saved = system.engine().get(&format!("/v1.41/images/{name}/get")).await;
    assert_eq!(saved.status, 200);
    // The same registry has the layers already, in another repository.
    let path = format!("/v1.41/images/{}/push?tag=v1", registry.reference("team/app"));
    let pushed = system.engine().post(&path).await.progress();
    assert_eq!(
        pushed.iter().filter(|line| line.ends_with(": Mounted from staging")).count(),
        2,
        "{pushed:?}"
    );
    pull(&name, "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_was_staged_once_is_not_sent_again() {
    let registry = DockerRegistry::open().await;
    let mut system = staging_on(&registry).await;
    let (one, mut two) = (layered(), Recipe::plain("second image"));
    two.layers = one.layers.clone();
    let sent = async || {
        let asked = registry.requests().await;
        asked.iter().filter(|access| access.method == "PUT" && access.uri.contains("/blobs/")).count()
    };
    system.engine().load(Archive::docker(&[(&one, &["one:1"])]).tar()).await;
    assert_eq!(sent().await, 3, "two layers and a config");
    system.kill_service();
    system.start_service();
    system.ready().await;
    let archive = Archive::docker(&[(&one, &["one:1"]), (&two, &["two:1"])]).tar();
    assert_eq!(system.engine().load(archive).await.status, 200);
    assert_eq!(sent().await, 4, "the second image's config and nothing more");
    pull(&system.pullable("two:1").await, "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_with_passwords_is_staged_into_after_a_login() {
    let registry = DockerRegistry::htpasswd(&[("alice", "s3cret")]).await;
    stages_after_a_login(&registry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_with_tokens_is_staged_into_after_a_login() {
    let grants = Grants::none().user("alice", "s3cret").allow("alice", "staging", &["pull", "push"]);
    let tokens = TokenServer::start(grants).await;
    stages_after_a_login(&DockerRegistry::with_tokens(&tokens).await).await;
}

async fn stages_after_a_login(registry: &DockerRegistry) {
    let mut system = staging_on(registry).await;
    let cli = DockerCli::new(&system.docker_host());
    let recipe = layered();
    let archive = Archive::docker(&[(&recipe, &["app:1"])]).tar();
    let refused = system.engine().load(archive.clone()).await;
    assert_eq!(refused.status, 500, "{}", refused.text());
    assert!(
        refused.text().contains(registry.host()) || refused.text().contains("denied"),
        "{}",
        refused.text()
    );
    assert_eq!(system.engine().get("/images/json?all=1").await.json(), json!([]));

    cli.login(registry.host(), "alice", "s3cret").await.ok();
    // What the service was given is kept, whatever happens to it.
    system.kill_service();
    system.start_service();
    system.ready().await;
    assert_eq!(system.engine().load(archive).await.results()[0], "Loaded image: app:1");
    pull(&system.pullable("app:1").await, "alice:s3cret").await;
    assert_eq!(system.engine().get("/v1.41/images/app:1/get").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tag_that_kept_a_removed_image_is_swept_and_nothing_that_others_may_need() {
    let registry = DockerRegistry::open().await;
    let mut system = staging_on(&registry).await;
    let [kept, removed] = ["kept", "removed"].map(Recipe::plain);
    let archive = Archive::docker(&[(&kept, &["kept:1"]), (&removed, &["removed:1"])]);
    system.engine().load(archive.tar()).await;
    let gone = system.pullable("removed:1").await;
    assert_eq!(system.engine().delete("/images/removed:1").await.status, 200);
    pull(&gone, "").await;
    assert!(system.stop_service());
    let repository = registry.reference("staging");
    system.configure(&format!("[staging]\nrepository = '{repository}'\nsweep_grace_seconds = 0\n"));
    system.start_service();
    system.ready().await;
    let (_, hex) = gone.split_once("@sha256:").unwrap();
    until("the tag is deleted", async || {
        let asked = registry.requests().await;
        asked.into_iter().find(|access| access.method == "DELETE").map(|access| {
            assert!(access.uri.starts_with("/v2/staging/manifests/staged-"), "{}", access.uri);
            assert!(access.uri.ends_with(hex), "{}", access.uri);
        })
    })
    .await;
    assert_eq!(registry.requests().await.iter().filter(|access| access.method == "DELETE").count(), 1);
    // Another service may have staged the same, or a user may have given it a tag.
    pull(&gone, "").await;
    assert_pullable(&system, "kept:1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_away_fails_the_load_and_not_the_next_one() {
    let mut registry = DockerRegistry::open().await;
    let system = staging_on(&registry).await;
    registry.stop();
    let refused = system.engine().load(Archive::docker(&[(&layered(), &["app:1"])]).tar()).await;
    assert_eq!(refused.status, 500, "{}", refused.text());
    assert!(refused.text().contains("connection refused"), "{}", refused.text());
    assert_eq!(system.engine().get("/images/json?all=1").await.json(), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_staging_the_metadata_is_kept_and_everybody_is_warned() {
    let mut system = System::with_config("[embedded_registry]\nenabled = false\n").await;
    let recipe = layered();
    let warning = "there is no staging registry";
    let archive = Archive::docker(&[(&recipe, &["127.0.0.1:1/team/app:v1"])]).tar();
    let answer = system.engine().load(archive).await;
    let told: Vec<_> = answer.messages().into_iter().map(|message| message.to_string()).collect();
    assert!(told.iter().any(|line| line.contains(warning)), "{told:?}");
    assert_eq!(answer.results().first().unwrap(), "Loaded image: 127.0.0.1:1/team/app:v1");
    system.service().line(warning).await;

    let found = system.engine().get("/v1.41/images/127.0.0.1:1/team/app:v1/json").await.json();
    assert_eq!(found["Id"], json!(recipe.image_id()));
    assert_eq!(system.pullable("127.0.0.1:1/team/app:v1").await, "");
    let refused = system.engine().get("/v1.41/images/127.0.0.1:1/team/app:v1/get").await;
    assert_eq!(refused.status, 500);
    assert!(refused.json()["message"].as_str().unwrap().contains("layers"), "{}", refused.text());
    let refused = system.engine().post("/v1.41/images/127.0.0.1:1/team/app/push?tag=v1").await;
    assert!(
        refused.messages().last().unwrap()["error"].as_str().unwrap().contains("layers"),
        "{}",
        refused.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_loaded_unstaged_is_staged_by_the_next_load() {
    let mut system = System::with_config("[embedded_registry]\nenabled = false\n").await;
    let archive = Archive::docker(&[(&layered(), &["app:1"])]).tar();
    system.engine().load(archive.clone()).await;
    assert!(system.stop_service());
    system.configure("");
    system.start_service();
    until("the service is back", async || {
        (system.engine().get("/images/json").await.status == 200).then_some(())
    })
    .await;
    system.engine().load(archive).await;
    assert_pullable(&system, "app:1").await;
}
