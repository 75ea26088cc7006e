//! The docker command line on images that not everyone may have.

use fixtures::{
    peers::{DockerCli, DockerRegistry, Grants, Recipe, TokenServer},
    system::System,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_password_registry_gives_its_images_to_its_users_only() {
    let registry = DockerRegistry::htpasswd(&[("alice", "s3cret")]).await;
    registry.push("priv/app", "v1", &Recipe::plain("basic")).await;
    private_image(&registry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_registry_gives_its_images_to_whom_the_token_server_names() {
    let grants = Grants::none().user("alice", "s3cret").allow("alice", "priv/app", &["pull"]);
    let tokens = TokenServer::start(grants).await;
    let registry = DockerRegistry::with_tokens(&tokens).await;
    registry.push("priv/app", "v1", &Recipe::plain("bearer")).await;
    private_image(&registry).await;
    assert!(tokens.requests().iter().any(|request| {
        request.user == "alice" && request.scopes == ["repository:priv/app:pull"] && request.status == 200
    }));
}

/// The life of a private image: without credentials, with wrong ones, after login, after logout.
async fn private_image(registry: &DockerRegistry) {
    let (host, name) = (registry.host(), registry.reference("priv/app:v1"));
    // A system for each client: what one has logged in with is known to the next.
    for number in 0..DockerCli::all("").len() {
        let system = System::start().await;
        let cli = DockerCli::all(&system.docker_host()).swap_remove(number);
        let refused = cli.run(&["pull", &name]).await.refused();
        assert!(refused.contains("denied") || refused.contains("no basic auth credentials"), "{refused}");

        // Rejected credentials in the client's own file: it must say so and end, without a terminal to ask on.
        cli.remember(host, "alice", "s3cret-wrong");
        let refused = cli.run(&["pull", &name]).await.refused();
        assert!(refused.contains("unauthorized"), "{refused}");
        let refused = cli.login(host, "alice", "s3cret-wrong").await.refused();
        assert!(refused.to_lowercase().contains("unauthorized"), "{refused}");
        assert!(!refused.contains("wrong"), "the password is in {refused}");

        let out = cli.login(host, "alice", "s3cret").await.ok();
        assert!(out.contains("Login Succeeded"), "{out}");
        let out = cli.run(&["pull", &name]).await.ok();
        assert!(out.contains("Status: Downloaded newer image"), "{out}");
        let out = cli.run(&["pull", &name]).await.ok();
        assert!(out.contains("Status: Image is up to date"), "{out}");

        // Logging out is the client's own affair; the service keeps what it was given (R18) until it is told to forget.
        cli.run(&["logout", host]).await.ok();
        cli.run(&["pull", &name]).await.ok();
        let forget = imageservice_proto::v1::ForgetRequest { registry: host.to_owned() };
        system.credentials().await.forget(forget).await.unwrap();
        cli.run(&["pull", &name]).await.refused();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_users_access_does_not_open_the_cache_to_another() {
    let grants = Grants::none()
        .user("alice", "s3cret")
        .user("bob", "s3cret-b")
        .allow("alice", "priv/app", &["pull"])
        .allow("bob", "other/app", &["pull"]);
    let tokens = TokenServer::start(grants).await;
    let registry = DockerRegistry::with_tokens(&tokens).await;
    let pushed = registry.push("priv/app", "v1", &Recipe::plain("shared")).await;
    let system = System::start().await;
    let by_digest = registry.reference(&format!("priv/app@{}", pushed.digest));
    let [alice, bob] = [("alice", "s3cret"), ("bob", "s3cret-b")].map(|(user, password)| {
        let cli = DockerCli::new(&system.docker_host());
        cli.remember(registry.host(), user, password);
        cli
    });
    for name in [registry.reference("priv/app:v1"), by_digest] {
        alice.run(&["pull", &name]).await.ok();
        let refused = bob.run(&["pull", &name]).await.refused();
        assert!(refused.contains("pull access denied"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_to_an_open_registry_succeeds() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    for cli in DockerCli::all(&system.docker_host()) {
        cli.login(registry.host(), "anyone", "anything").await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_token_takes_the_place_of_the_password() {
    let grants =
        Grants::none().user("alice", "s3cret").allow("alice", "priv/app", &["pull"]).with_identity_tokens();
    let tokens = TokenServer::start(grants).await;
    let registry = DockerRegistry::with_tokens(&tokens).await;
    registry.push("priv/app", "v1", &Recipe::plain("identity")).await;
    let system = System::start().await;
    let cli = DockerCli::new(&system.docker_host());
    cli.login(registry.host(), "alice", "s3cret").await.ok();
    assert!(cli.config().contains("identitytoken"), "{}", cli.config());
    cli.run(&["pull", &registry.reference("priv/app:v1")]).await.ok();
    assert!(tokens.requests().iter().any(|request| {
        request.method == http::Method::POST && request.user == "alice" && request.status == 200
    }));
}
