//! `docker push`: images that exist only as an archive go to registries, and come back from there.

use fixtures::{
    peers::{Archive, DockerCli, DockerRegistry, Grants, Layer, Recipe, TokenServer},
    system::System,
};
use serde_json::json;

use super::staged::pull;

#[tokio::test(flavor = "multi_thread")]
async fn a_loaded_image_is_pushed_and_pulled_back() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    for cli in DockerCli::all(&system.docker_host()) {
        there_and_back(&system, &cli, registry.host(), "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_registry_takes_what_its_users_push() {
    let registry = DockerRegistry::htpasswd(&[("alice", "s3cret")]).await;
    for number in 0..DockerCli::all("").len() {
        let system = System::start().await;
        let cli = DockerCli::all(&system.docker_host()).swap_remove(number);
        private_push(&system, &cli, registry.host()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_registry_takes_what_the_token_server_lets_push() {
    let grants = Grants::none().user("alice", "s3cret").allow("alice", "team/app", &["pull", "push"]);
    let tokens = TokenServer::start(grants).await;
    let registry = DockerRegistry::with_tokens(&tokens).await;
    for number in 0..DockerCli::all("").len() {
        let system = System::start().await;
        let cli = DockerCli::all(&system.docker_host()).swap_remove(number);
        private_push(&system, &cli, registry.host()).await;
    }
    assert!(tokens.requests().iter().any(|request| {
        request.status == 200 && request.scopes.iter().any(|scope| scope.contains("push"))
    }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_registry_is_pushed_to_and_pulled_from_without_any_configuration() {
    let system = System::start().await;
    let registry = system.registry();
    for cli in DockerCli::all(&system.docker_host()) {
        there_and_back(&system, &cli, &registry, "").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tag_goes_and_what_the_registry_has_is_not_sent_again() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    let mut recipe = Recipe::plain("tags");
    recipe.layers.push(Layer::with_file("second", b"two"));
    let names = ["v1", "v2"].map(|tag| registry.reference(&format!("team/app:{tag}")));
    system.engine().load(Archive::docker(&[(&recipe, &names.each_ref().map(String::as_str))]).tar()).await;
    let cli = DockerCli::new(&system.docker_host());
    let out = cli.run(&["push", "--all-tags", &registry.reference("team/app")]).await.ok();
    assert_eq!(out.matches(": digest: sha256:").count(), 2, "{out}");
    let sent = |asked: &[fixtures::peers::Access]| {
        asked.iter().filter(|access| access.method == "PUT" && access.uri.contains("/blobs/")).count()
    };
    assert_eq!(sent(&registry.requests().await), 3, "two layers and a config, each once");
    let path = format!("/v1.41/images/{}/push?tag=v1", registry.reference("team/app"));
    let again = system.engine().post(&path).await;
    assert_eq!(sent(&registry.requests().await), 3);
    assert_eq!(again.progress().iter().filter(|line| line.ends_with(": Layer already exists")).count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_tells_of_each_layer_and_of_the_digest() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    let recipe = Recipe::plain("lines");
    let name = registry.reference("team/app");
    system.engine().load(Archive::docker(&[(&recipe, &[&format!("{name}:v1")])]).tar()).await;
    let pushed = system.engine().post(&format!("/v1.41/images/{name}/push?tag=v1")).await;
    let (lines, messages) = (pushed.progress(), pushed.messages());
    let layer = &recipe.layers[0].diff_id["sha256:".len()..][..12];
    assert_eq!(lines[0], format!("The push refers to repository [{name}]"));
    assert_eq!(lines[1], format!("{layer}: Preparing"));
    assert!(lines.contains(&format!("{layer}: Pushed")), "{lines:?}");
    let aux = &messages.last().unwrap()["aux"];
    let digest = aux["Digest"].as_str().unwrap();
    assert_eq!(lines[lines.len() - 2], format!("v1: digest: {digest} size: {}", aux["Size"]));
    assert_eq!(aux["Tag"], json!("v1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_here_cannot_be_pushed() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    let name = registry.reference("team/app");
    let archive = Archive::docker(&[(&Recipe::plain("here"), &[&format!("{name}:v1")])]);
    system.engine().load(archive.tar()).await;
    for cli in DockerCli::all(&system.docker_host()) {
        let refused = cli.run(&["push", &registry.reference("nosuch:1")]).await.refused();
        let text = format!("An image does not exist locally with the tag: {}", registry.reference("nosuch"));
        assert!(refused.contains(&text), "{refused}");
        let refused = cli.run(&["push", &format!("{name}:nosuch")]).await.refused();
        assert!(refused.contains(&format!("tag does not exist: {name}:nosuch")), "{refused}");
    }
}

/// A push without a login, with a wrong one, and with the right one.
async fn private_push(system: &System, cli: &DockerCli, host: &str) {
    let name = format!("{host}/team/app:v1");
    system.engine().load(Archive::docker(&[(&Recipe::plain("private"), &[&name])]).tar()).await;
    let refused = cli.run(&["push", &name]).await.refused();
    assert!(refused.contains("denied") || refused.contains("no basic auth credentials"), "{refused}");
    cli.remember(host, "alice", "s3cret-wrong");
    let refused = cli.run(&["push", &name]).await.refused();
    assert!(refused.contains("unauthorized"), "{refused}");
    cli.login(host, "alice", "s3cret").await.ok();
    there_and_back(system, cli, host, "alice:s3cret").await;
}

/// Loads, pushes, finds the digest, removes, pulls, and has skopeo pull every byte.
async fn there_and_back(system: &System, cli: &DockerCli, host: &str, credentials: &str) {
    let mut recipe = Recipe::plain("there and back");
    recipe.layers.push(Layer::with_file("second", b"another layer"));
    let name = format!("{host}/team/app:v1");
    system.engine().load(Archive::docker(&[(&recipe, &[&name])]).tar()).await;
    let out = cli.run(&["push", &name]).await.ok();
    let digest =
        out.split_whitespace().find(|word| word.starts_with("sha256:")).unwrap_or_else(|| panic!("{out}"));
    let by_digest = format!("{host}/team/app@{digest}");
    let inspect = async |name: &str| {
        cli.run(&["image", "inspect", "--format", "{{.Id}} {{.RepoDigests}}", name])
            .await
            .ok()
            .trim()
            .to_owned()
    };
    let expected = format!("{} [{by_digest}]", recipe.image_id());
    assert_eq!(inspect(&name).await, expected);
    assert_eq!(inspect(&by_digest).await, expected);
    cli.run(&["rmi", "-f", &recipe.image_id()]).await.ok();
    let out = cli.run(&["pull", &name]).await.ok();
    assert!(out.contains(&format!("Digest: {digest}\n")), "{out}");
    assert_eq!(inspect(&name).await, expected);
    pull(&by_digest, credentials).await;
    cli.run(&["rmi", "-f", &recipe.image_id()]).await.ok();
}
