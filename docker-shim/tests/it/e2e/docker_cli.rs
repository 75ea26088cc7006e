//! The docker command line on images that everyone may have: Debian's 20.10 and, where it is installed, a newer one.

use fixtures::{
    peers::{DockerCli, DockerRegistry, Recipe},
    system::System,
};

#[tokio::test(flavor = "multi_thread")]
async fn pulls_by_tag_by_digest_and_again() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    let pushed = registry.push("team/app", "v1", &Recipe::plain("tag")).await;
    let by_tag = registry.reference("team/app:v1");
    let by_digest = registry.reference(&format!("team/app@{}", pushed.digest));
    for cli in DockerCli::all(&system.docker_host()) {
        let out = cli.run(&["pull", &by_tag]).await.ok();
        assert!(out.starts_with("v1: Pulling from team/app\n"), "{out}");
        assert!(out.contains(&format!("Digest: {}\n", pushed.digest)), "{out}");
        assert!(out.contains(&format!("Status: Downloaded newer image for {by_tag}\n")), "{out}");
        assert!(out.ends_with(&format!("{by_tag}\n")), "{out}");

        let out = cli.run(&["pull", &by_tag]).await.ok();
        assert!(out.contains(&format!("Status: Image is up to date for {by_tag}\n")), "{out}");
        let out = cli.run(&["pull", "-q", &by_tag]).await.ok();
        assert_eq!(out, format!("{by_tag}\n"));

        let out = cli.run(&["pull", &by_digest]).await.ok();
        assert!(out.contains(&format!("Status: Image is up to date for {by_digest}\n")), "{out}");

        cli.run(&["rmi", &by_tag]).await.ok();
        let out = cli.run(&["pull", &by_digest]).await.ok();
        assert!(out.contains(&format!("Status: Downloaded newer image for {by_digest}\n")), "{out}");
        assert_eq!(inspect(&cli, &by_digest, "{{.Id}}").await, pushed.image_id);
        cli.run(&["rmi", &by_digest]).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pulls_the_platform_that_was_asked_for() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    let recipes = [Recipe::plain("multi").oci(), Recipe::for_platform("multi", "arm64", "v8").oci()];
    let (index, images) = registry.push_index("team/multi", "v1", &recipes).await;
    let name = registry.reference("team/multi:v1");
    for cli in DockerCli::all(&system.docker_host()) {
        for (args, image) in [
            (&["pull", &name][..], &images[0]),
            (&["pull", "--platform", "linux/arm64", &name][..], &images[1]),
            (&["pull", "--platform=linux/amd64", &name][..], &images[0]),
        ] {
            let out = cli.run(args).await.ok();
            assert!(out.contains(&format!("Digest: {}\n", index.digest)), "{out}");
            assert_eq!(inspect(&cli, &name, "{{.Id}}").await, image.image_id);
        }
        let refused = cli.run(&["pull", "--platform", "linux/s390x", &name]).await.refused();
        assert!(refused.contains("no matching manifest for linux/s390x"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pulls_every_tag_of_a_repository() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    for tag in ["v1", "v2", "v3"] {
        registry.push("team/app", tag, &Recipe::plain(tag)).await;
    }
    let name = registry.reference("team/app");
    for cli in DockerCli::all(&system.docker_host()) {
        let out = cli.run(&["pull", "-a", &name]).await.ok();
        for tag in ["v1", "v2", "v3"] {
            assert!(out.contains(&format!("{tag}: Pulling from team/app\n")), "{out}");
        }
        assert_eq!(out.matches("Status: ").count(), 1, "{out}");
        let listed = cli.run(&["images", "--format", "{{.Tag}}", &name]).await.ok();
        let mut tags: Vec<_> = listed.lines().collect();
        tags.sort_unstable();
        assert_eq!(tags, ["v1", "v2", "v3"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn says_what_is_missing_and_does_not_hang() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    registry.push("team/app", "v1", &Recipe::plain("missing")).await;
    let (tag, repository) = (registry.reference("team/app:nosuch"), registry.reference("team/nosuch:v1"));
    for cli in DockerCli::all(&system.docker_host()) {
        let refused = cli.run(&["pull", &tag]).await.refused();
        assert!(refused.contains(&format!("manifest for {tag} not found: manifest unknown")), "{refused}");
        let refused = cli.run(&["pull", &repository]).await.refused();
        assert!(refused.contains("not found"), "{refused}");
        for command in [
            &["image", "inspect", "nosuch"][..],
            &["rmi", "nosuch"],
            &["tag", "nosuch", "t:1"],
            &["history", "nosuch"],
        ] {
            let refused = cli.run(command).await.refused();
            // The older client puts its own words in place of the server's.
            assert!(refused.contains("No such image: nosuch"), "{command:?}: {refused}");
        }
        let refused = cli.run(&["inspect", "nosuch"]).await.refused();
        assert!(refused.to_lowercase().contains("no such object: nosuch"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_inspects_tags_and_removes() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    let mut recipe = Recipe::plain("life");
    recipe.config["config"]["Labels"] = serde_json::json!({ "team": "a" });
    let pushed = registry.push("team/app", "v1", &recipe).await;
    registry.push("team/other", "v1", &Recipe::plain("other")).await;
    let name = registry.reference("team/app:v1");
    for cli in DockerCli::all(&system.docker_host()) {
        cli.run(&["pull", &name]).await.ok();
        cli.run(&["pull", &registry.reference("team/other:v1")]).await.ok();
        assert_eq!(
            inspect(&cli, &name, "{{json .Config.Env}}").await,
            r#"["PATH=/usr/bin:/bin","MARKER=life"]"#
        );
        // `docker inspect` asks for a container of that name first.
        let id = cli.run(&["inspect", "--format", "{{.Id}}", &name]).await.ok();
        assert_eq!(id.trim(), pushed.image_id);
        let history =
            cli.run(&["history", "--no-trunc", "--format", "{{.ID}} {{.CreatedBy}}", &name]).await.ok();
        assert_eq!(history.trim(), format!("{} COPY hello /hello", pushed.image_id));

        let ids = async |args: &[&str]| {
            let args = [&["images", "-q", "--no-trunc"], args].concat();
            let listed = cli.run(&args).await.ok();
            listed.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(ids(&[]).await.len(), 2);
        assert_eq!(ids(&["--filter", "label=team=a"]).await, [pushed.image_id.as_str()]);
        assert_eq!(ids(&["--filter", "dangling=true"]).await, [""; 0]);
        assert_eq!(ids(&[&registry.reference("*/app")]).await, [pushed.image_id.as_str()]);

        cli.run(&["tag", &name, "app:mine"]).await.ok();
        cli.run(&["tag", &pushed.image_id, "app"]).await.ok();
        assert_eq!(ids(&["app"]).await.len(), 2);
        let out = cli.run(&["rmi", "app:mine", "app:latest"]).await.ok();
        assert_eq!(out, "Untagged: app:mine\nUntagged: app:latest\n");
        let out = cli.run(&["rmi", &name]).await.ok();
        let digest = registry.reference(&format!("team/app@{}", pushed.digest));
        assert_eq!(out, format!("Untagged: {name}\nUntagged: {digest}\nDeleted: {}\n", pushed.image_id));
        cli.run(&["image", "inspect", &name]).await.refused();
        cli.run(&["rmi", &registry.reference("team/other:v1")]).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_about_images_is_answered_too() {
    let system = System::start().await;
    for cli in DockerCli::all(&system.docker_host()) {
        cli.run(&["version"]).await.ok();
        cli.run(&["info"]).await.ok();
        assert_eq!(cli.run(&["ps", "-q"]).await.ok(), "");
        let ran = cli.run(&["run", "--rm", "nosuch"]).await;
        assert_ne!(ran.status, Some(0), "{}", ran.stdout);
    }
}

async fn inspect(cli: &DockerCli, name: &str, format: &str) -> String {
    cli.run(&["image", "inspect", "--format", format, name]).await.ok().trim().to_owned()
}
