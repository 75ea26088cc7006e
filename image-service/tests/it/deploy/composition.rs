//! `compose/`, brought up by a real dockerd with networks: two services, a shim, a database, each by its health check; beside them a registry. The
//! collector is left out: its image cannot be made of what is here.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fixtures::{
    peers::{Archive, DockerCli, Dockerd, Recipe},
    process::until,
    tool::{Ran, Tool},
};
use tempfile::TempDir;

use super::{
    docker::{Docker, build},
    file, stand_ins,
};

/// What a test has beside the composition, and less patience between two health checks.
const BESIDE: &str = r#"
version: "3.8"
services:
  image-service-1: &often
    healthcheck: { interval: 1s }
  image-service-2: *often
  docker-shim: *often
  registry:
    image: registry
    networks: [fleet]
    ports: ["127.0.0.1:5000:5000"]
"#;
const SERVICES: [&str; 2] = ["image-service-1", "image-service-2"];

/// A copy of `compose/` with secrets of its own.
struct Composition {
    docker: Docker,
    folder: TempDir,
}

impl Composition {
    async fn prepared() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let compose = folder.path().join("deploy/compose");
        fs::create_dir(folder.path().join("deploy")).unwrap();
        Tool::new("cp").arg("--recursive").arg(file("compose")).arg(&compose).run().await.ok();
        // A developer's own are left alone.
        let secrets = compose.join("secrets");
        Tool::new("rm").arg("-rf").arg(&secrets).run().await.ok();
        Tool::new(compose.join("secrets.sh")).arg(&secrets).run().await.ok();
        fs::write(compose.join("beside.yml"), BESIDE).unwrap();
        let composition = Self { docker: Docker::of(Dockerd::with_networks().await), folder };
        composition.configure(|config| config + "[registries.\"registry:5000\"]\nplain_http = true\n");
        build(&composition.docker, composition.folder.path()).await;
        stand_ins::database(&composition.docker, composition.folder.path()).await;
        stand_ins::registry(&composition.docker, composition.folder.path()).await;
        composition
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("deploy/compose").join(name)
    }

    /// Changes the configuration that both services have.
    fn configure(&self, change: impl FnOnce(String) -> String) {
        let config = self.file("image-service/config.toml");
        fs::write(&config, change(fs::read_to_string(&config).unwrap())).unwrap();
    }

    fn compose(&self, args: &[&str]) -> Tool {
        let compose = Tool::new("docker-compose").args(["--project-name=fleet", "--file"]);
        let compose = compose.arg(self.file("docker-compose.yml")).arg("--file").arg(self.file("beside.yml"));
        let compose = compose.args(args).env("DOCKER_HOST", self.docker.host());
        compose.env("STAGING_REPOSITORY", "registry:5000/staging")
    }

    fn container(service: &str) -> String {
        format!("fleet_{service}_1")
    }

    /// Brings it up and waits until it is well by its own health check.
    async fn up(&self, service: &str) {
        self.compose(&["up", "--detach", "--no-build", service]).run().await.ok();
        self.docker.healthy(&Self::container(service)).await;
    }

    /// The docker command of a job that has the shim's socket mounted.
    async fn job(&self) -> DockerCli {
        let volume =
            self.docker.run(&["volume", "inspect", "--format={{.Mountpoint}}", "fleet_docker"]).await;
        DockerCli::new(&format!("unix://{}/docker.sock", volume.ok().trim()))
    }

    /// `image-service keys list` as an operator types it on the host.
    async fn keys(&self, token: Option<&Path>) -> Ran {
        let list = ["exec", "-T", "image-service-1", "image-service", "keys", "list"];
        match token {
            None => self.compose(&list).run().await,
            Some(token) => {
                let tool = self.compose(&list).args(["--token-file", "/dev/stdin"]);
                tool.input(fs::read(token).unwrap()).run().await
            }
        }
    }

    /// Users of the process, whether its root can be written to, and its capabilities, as the kernel has them.
    async fn confinement(&self, service: &str) -> (Vec<String>, bool, String) {
        let pid = self.docker.inspect(&Self::container(service), ".State.Pid").await;
        let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
        let (status, mounts) = (read("status"), read("mounts"));
        let line = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim();
        let root = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>()).find(|of| of[1] == "/");
        let is_writable = root.unwrap()[3].split(',').any(|option| option == "rw");
        (
            line("Uid:").split_whitespace().map(str::to_owned).collect(),
            is_writable,
            line("CapBnd:").to_owned(),
        )
    }
}

/// An image to pull, by an engine that pushes it into the composition.
async fn push(composition: &Composition) {
    let folder = composition.folder.path().join("app");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("hello.txt"), "hello").unwrap();
    let docker = &composition.docker;
    docker.import(&folder, "127.0.0.1:5000/team/app:v1", &["LABEL demo=yes"]).await;
    docker.run(&["push", "127.0.0.1:5000/team/app:v1"]).await.ok();
}

const LABEL: [&str; 4] =
    ["image", "inspect", "--format={{.Config.Labels.demo}}", "registry:5000/team/app:v1"];

#[tokio::test(flavor = "multi_thread")]
async fn the_composition_works_in_a_dockerd_and_its_two_services_are_as_one() {
    let composition = Composition::prepared().await;
    for service in ["database", "image-service-1", "image-service-2", "docker-shim"] {
        composition.up(service).await;
    }
    for service in SERVICES.into_iter().chain(["docker-shim"]) {
        let (users, is_writable, capabilities) = composition.confinement(service).await;
        assert_eq!(users, ["65532"; 4], "{service}");
        assert!(!is_writable && capabilities == "0000000000000000", "{service}: {capabilities}");
    }
    composition.compose(&["up", "--detach", "registry"]).run().await.ok();
    push(&composition).await;

    let job = composition.job().await;
    job.run(&["pull", "registry:5000/team/app:v1"]).await.ok();
    let archive = composition.folder.path().join("archive.tar");
    fs::write(&archive, Archive::docker(&[(&Recipe::plain("loaded"), &["loaded:1"])]).tar()).unwrap();
    job.run(&["load", "--input", archive.to_str().unwrap()]).await.ok();
    for stopped in SERVICES {
        composition.compose(&["stop", stopped]).run().await.ok();
        let code = composition.docker.inspect(&Composition::container(stopped), ".State.ExitCode").await;
        assert_eq!(code, "0", "{stopped} ends by itself");
        until("the other service answers", async || {
            let label = job.run(&LABEL).await;
            (label.status == Some(0) && label.stdout == "yes\n").then_some(())
        })
        .await;
        job.run(&["image", "inspect", "loaded:1"]).await.ok();
        composition.up(stopped).await;
    }

    // Who is to be known, and as what.
    let refused = composition.keys(None).await;
    assert!(refused.status == Some(1) && refused.stderr.contains("unauthorized"), "{refused:?}");
    let listed = composition.keys(Some(&composition.file("secrets/operator.token"))).await.ok();
    assert!(listed.contains("in force"), "{listed}");
    composition.configure(|config| config.replace("role = \"loader\"", "role = \"reader\""));
    composition.compose(&["kill", "-s", "HUP"]).args(SERVICES).run().await.ok();
    until("the shim may pull no more", async || {
        let pulled = job.run(&["pull", "registry:5000/team/app:v1"]).await;
        (pulled.status == Some(1)).then_some(())
    })
    .await;
    assert_eq!(job.run(&LABEL).await.ok(), "yes\n");
}
