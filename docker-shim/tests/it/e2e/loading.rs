//! `docker load`: archives of every maker, in every compression.

use fixtures::{
    peers::{Archive, DockerCli, DockerRegistry, Dockerd, Layer, Recipe, compressed},
    system::System,
    tool::Tool,
};
use serde_json::json;

use super::{grpc::call, staged::assert_pullable};

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_loads_plain_and_in_every_compression() {
    let system = System::start().await;
    let dir = tempfile::tempdir().unwrap();
    let recipe = Recipe::plain("compressed");
    let plain = dir.path().join("image.tar");
    Archive::docker(&[(&recipe, &["app:1"])]).write(&plain);
    let mut files = vec![plain.clone()];
    for program in ["gzip", "bzip2", "xz", "zstd"] {
        files.push(compressed(&plain, program).await);
    }
    for cli in DockerCli::all(&system.docker_host()) {
        for file in &files {
            let out = cli.run(&["load", "-i", file.to_str().unwrap()]).await.ok();
            assert_eq!(out, format!("Loaded image: app:1\nLoaded image ID: {}\n", recipe.image_id()));
            let out = cli.run(&["rmi", "app:1"]).await.ok();
            assert!(out.contains(&format!("Deleted: {}\n", recipe.image_id())), "{out}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_may_come_through_a_pipe() {
    let system = System::start().await;
    let recipe = Recipe::plain("piped");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("image.tar");
    Archive::docker(&[(&recipe, &[])]).write(&file);
    let piped = format!("zstd -c {} | docker load", file.display());
    let ran = Tool::new("sh").args(["-c", &piped]).env("DOCKER_HOST", system.docker_host()).run().await;
    assert_eq!(ran.ok(), format!("Loaded image ID: {}\n", recipe.image_id()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dockerd_saved_keeps_its_ids() {
    let (system, dockerd) = tokio::join!(System::start(), Dockerd::start());
    let dir = tempfile::tempdir().unwrap();
    let (one, mut two) = (Recipe::plain("one"), Recipe::plain("two"));
    // The second image stands on the first, and has a layer twice.
    two.layers = vec![one.layers[0].clone(), two.layers[0].clone(), one.layers[0].clone()];
    let made = Archive::docker(&[(&one, &["app:1", "app:2"]), (&two, &["other:1"])]);
    assert_eq!(dockerd.engine().load(made.tar()).await.status, 200);
    let saved = dir.path().join("saved.tar");
    let saved = saved.to_str().unwrap();
    DockerCli::new(&dockerd.engine().docker_host())
        .run(&["save", "-o", saved, "app:1", "app:2", "other:1"])
        .await
        .ok();
    for cli in DockerCli::all(&system.docker_host()) {
        let out = cli.run(&["load", "-q", "-i", saved]).await.ok();
        let mut lines: Vec<_> = out.lines().collect();
        lines.sort_unstable();
        let ids = [&one, &two].map(|recipe| format!("Loaded image ID: {}", recipe.image_id()));
        let mut expected =
            ["Loaded image: app:1", "Loaded image: app:2", "Loaded image: other:1", &ids[0], &ids[1]];
        expected.sort_unstable();
        assert_eq!(lines, expected);
        for (name, recipe) in [("app:1", &one), ("app:2", &one), ("other:1", &two)] {
            let found = cli.run(&["image", "inspect", "--format", "{{.Id}}", name]).await.ok();
            assert_eq!(found.trim(), recipe.image_id());
        }
        assert_pullable(&system, "other:1").await;
        cli.run(&["rmi", "app:1", "app:2", "other:1"]).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_buildah_built_keeps_its_id() {
    let system = System::start().await;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "content").unwrap();
    std::fs::write(dir.path().join("Containerfile"), "FROM scratch\nCOPY file /file\nCMD [\"/file\"]\n")
        .unwrap();
    let place = |name: &str| dir.path().join(name).display().to_string();
    let (root, runroot) = (place("root"), place("run"));
    let buildah = async |args: &[&str]| {
        let storage = ["--root", &root, "--runroot", &runroot, "--storage-driver", "vfs"];
        Tool::new("buildah").args(storage).args(args).run().await.ok()
    };
    let id =
        buildah(&["bud", "--isolation", "chroot", "--quiet", "--tag", "example.com/built:1", &place("")])
            .await;
    for format in ["docker-archive", "oci-archive"] {
        let file = place(format);
        buildah(&["push", "--quiet", "example.com/built:1", &format!("{format}:{file}:example.com/built:1")])
            .await;
        for cli in DockerCli::all(&system.docker_host()) {
            let out = cli.run(&["load", "--quiet", "--input", &file]).await.ok();
            let expected = "Loaded image: example.com/built:1\nLoaded image ID: sha256:";
            assert_eq!(out, format!("{expected}{id}"), "{format}");
            assert_pullable(&system, "example.com/built:1").await;
            cli.run(&["rmi", "example.com/built:1"]).await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_skopeo_wrote_loads_by_name_and_without_one() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    let dir = tempfile::tempdir().unwrap();
    let (docker, oci) = (Recipe::plain("docker"), Recipe::plain("oci").oci());
    registry.push("team/docker", "v1", &docker).await;
    registry.push("team/oci", "v1", &oci).await;
    let copy = async |from: &str, format: &str, file: &str, name: &str| {
        let file = dir.path().join(file);
        Tool::new("skopeo")
            .args(["--insecure-policy", "copy", "--quiet", "--src-tls-verify=false"])
            .arg(format!("docker://{}", registry.reference(from)))
            .arg(format!("{format}:{}{name}", file.display()))
            .run()
            .await
            .ok();
        file
    };
    let named = copy("team/docker:v1", "docker-archive", "named.tar", ":example.com/team/app:v1").await;
    let unnamed = copy("team/docker:v1", "docker-archive", "unnamed.tar", "").await;
    let oci_named = copy("team/oci:v1", "oci-archive", "oci.tar", ":example.com/team/oci:v1").await;
    let oci_unnamed = copy("team/oci:v1", "oci-archive", "oci-unnamed.tar", "").await;
    for cli in DockerCli::all(&system.docker_host()) {
        let load =
            async |file: &std::path::Path| cli.run(&["load", "-q", "-i", file.to_str().unwrap()]).await.ok();
        let id = |recipe: &Recipe| format!("Loaded image ID: {}\n", recipe.image_id());
        assert_eq!(load(&named).await, format!("Loaded image: example.com/team/app:v1\n{}", id(&docker)));
        assert_eq!(load(&unnamed).await, id(&docker));
        assert_eq!(load(&oci_named).await, format!("Loaded image: example.com/team/oci:v1\n{}", id(&oci)));
        assert_eq!(load(&oci_unnamed).await, id(&oci));
        for recipe in [&docker, &oci] {
            assert_pullable(&system, &recipe.image_id()).await;
            cli.run(&["rmi", "-f", &recipe.image_id()]).await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_image_and_each_name_is_told_in_the_order_of_the_archive() {
    let system = System::start().await;
    let (one, two, three) = (Recipe::plain("one"), Recipe::plain("two").oci(), Recipe::plain("three"));
    let archive = Archive::docker(&[
        (&one, &["docker.io/library/one:1", "reg.example.com:5000/a/b/one:rel"]),
        (&two, &[]),
        (&three, &["three:3"]),
    ]);
    let answer = system.engine().load(archive.tar()).await;
    let id = |recipe: &Recipe| format!("Loaded image ID: {}", recipe.image_id());
    let expected = [
        "Loaded image: one:1".to_owned(),
        "Loaded image: reg.example.com:5000/a/b/one:rel".to_owned(),
        id(&one),
        id(&two),
        "Loaded image: three:3".to_owned(),
        id(&three),
    ];
    assert_eq!(answer.results(), expected);
    assert_eq!(system.engine().get("/images/json").await.json().as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loaded_image_is_listed_inspected_tagged_and_removed_like_any_other() {
    let system = System::start().await;
    let mut recipe = Recipe::plain("life");
    recipe.layers.push(Layer::with_file("second", b"another layer"));
    let id = recipe.image_id();
    for cli in DockerCli::all(&system.docker_host()) {
        system.engine().load(Archive::docker(&[(&recipe, &["app:1"])]).tar()).await;
        let inspect = async |format: &str| {
            cli.run(&["image", "inspect", "--format", format, "app:1"]).await.ok().trim().to_owned()
        };
        assert_eq!(inspect("{{.Id}} {{.RepoTags}} {{.RepoDigests}}").await, format!("{id} [app:1] []"));
        assert_eq!(
            inspect("{{json .Config.Cmd}} {{.Os}}/{{.Architecture}}").await,
            r#"["/hello"] linux/amd64"#
        );
        let layers = json!(recipe.layers.iter().map(|layer| &layer.diff_id).collect::<Vec<_>>());
        assert_eq!(inspect("{{json .RootFS.Layers}}").await, layers.to_string());
        let history = cli.run(&["history", "--format", "{{.CreatedBy}}", "app:1"]).await.ok();
        assert_eq!(history, "COPY hello /hello\n");
        let listed =
            cli.run(&["images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"]).await.ok();
        assert_eq!(listed, format!("app:1 {id}\n"));
        cli.run(&["tag", "app:1", "mine:2"]).await.ok();
        let out = cli.run(&["rmi", "app:1", "mine:2"]).await.ok();
        assert_eq!(out, format!("Untagged: app:1\nUntagged: mine:2\nDeleted: {id}\n"));
        assert_eq!(cli.run(&["images", "-q"]).await.ok(), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_moves_and_its_old_image_stays_without_a_name() {
    let system = System::start().await;
    let (old, new) = (Recipe::plain("old"), Recipe::plain("new"));
    system.engine().load(Archive::docker(&[(&old, &["app:1"])]).tar()).await;
    let answer = system.engine().load(Archive::docker(&[(&new, &["app:1"])]).tar()).await;
    let renamed = format!(
        "The image app:1 already exists, renaming the old one with ID {} to empty string",
        old.image_id()
    );
    let id = format!("Loaded image ID: {}", new.image_id());
    assert_eq!(answer.results(), [renamed.as_str(), "Loaded image: app:1", &id]);
    let dangling =
        system.engine().get("/images/json?filters=%7B%22dangling%22:%5B%22true%22%5D%7D").await.json();
    assert_eq!((dangling[0]["Id"].as_str(), dangling[1].is_null()), (Some(old.image_id().as_str()), true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loaded_image_tells_where_it_can_be_pulled_from() {
    let system = System::start().await;
    let recipe = Recipe::plain("resolve");
    system.engine().load(Archive::docker(&[(&recipe, &["app:1"])]).tar()).await;
    let resolved = &call(&system, "imageservice.v1.Images/Resolve", json!({ "name": "app:1" })).await[0];
    assert_eq!(resolved["imageId"], json!(recipe.image_id()));
    let pullable = resolved["pullableReference"].as_str().unwrap();
    assert!(pullable.starts_with(&format!("{}@sha256:", system.reference("staging"))), "{pullable}");
    let location = json!([{ "reference": pullable, "origin": "STAGED" }]);
    assert_eq!(resolved["locations"], location);
    assert_pullable(&system, "app:1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told_to_those_who_want_it_and_a_known_layer_makes_none() {
    let system = System::start().await;
    let recipe = Recipe::plain("progress");
    let archive = Archive::docker(&[(&recipe, &["app:1"])]).tar();
    let path = "/v1.41/images/load?quiet=0";
    let first = system.engine().upload(path, archive.clone()).await.messages();
    let layer = &recipe.layers[0];
    assert_eq!(first[0]["status"], json!("Loading layer"));
    assert_eq!(first[0]["id"], json!(layer.diff_id["sha256:".len()..][..12]));
    assert_eq!(first[0]["progressDetail"]["total"], json!(layer.tar().len()));
    let again = system.engine().upload(path, archive).await;
    assert_eq!(again.messages().len(), again.results().len(), "{}", again.text());
}
