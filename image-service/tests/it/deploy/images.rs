//! `Dockerfile`: both images, built and run by a real dockerd. Its first stage needs an image with Rust from a registry, and is not built here:
//! what it would leave behind is made of the binaries of this build, which need a C library that the static ones do not.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use fixtures::{
    engine::Engine,
    peers::Dockerd,
    process::until,
    system::binary,
    tool::{Ran, Tool},
};

use super::text;

const PROGRAMS: [&str; 2] = ["docker-shim", "image-service"];
/// As the composition and the manifests run them.
const SHUT_IN: [&str; 9] = [
    "--detach",
    "--network=none",
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--health-interval=1s",
    "--volume=grpc:/run/image-service",
    "--volume=docker:/run/docker-shim",
    "--env=IMAGE_SERVICE_EMBEDDED_REGISTRY__ENABLED=false",
];

struct Docker {
    host: String,
    _dockerd: Dockerd,
}

impl Docker {
    async fn start() -> Self {
        let dockerd = Dockerd::start().await;
        Self { host: dockerd.engine().docker_host(), _dockerd: dockerd }
    }

    fn tool(&self, args: &[&str]) -> Tool {
        // Docker's own builder: the other one is a plugin that Debian does not have.
        Tool::new("docker").args(args).env("DOCKER_HOST", &self.host).env("DOCKER_BUILDKIT", "0")
    }

    async fn run(&self, args: &[&str]) -> Ran {
        self.tool(args).run().await
    }

    /// Makes an image of a folder.
    async fn import(&self, folder: &Path, name: &str) {
        let tar = folder.with_extension("tar");
        Tool::new("tar").arg("-cf").arg(&tar).arg("-C").arg(folder).arg(".").run().await.ok();
        self.tool(&["import"]).arg(tar).arg(name).run().await.ok();
    }

    async fn inspect(&self, container: &str, what: &str) -> String {
        let format = format!("{{{{{what}}}}}");
        self.run(&["inspect", "--format", &format, container]).await.ok().trim().to_owned()
    }

    async fn healthy(&self, container: &str) {
        until(&format!("{container} is healthy"), async || {
            (self.inspect(container, ".State.Health.Status").await == "healthy").then_some(())
        })
        .await;
    }
}

/// What the first stage leaves in /out.
async fn built(out: &Path) {
    for folder in
        ["usr/local/bin", "etc/ssl/certs", "var/lib/image-service", "run/image-service", "run/docker-shim"]
    {
        fs::create_dir_all(out.join(folder)).unwrap();
    }
    for program in PROGRAMS {
        let to = out.join("usr/local/bin").join(program);
        Tool::new("strip").arg("-o").arg(to).arg(binary(program)).run().await.ok();
    }
    fs::copy("/etc/ssl/certs/ca-certificates.crt", out.join("etc/ssl/certs/ca-certificates.crt")).unwrap();
}

/// The libraries that programs of this build need, and nothing else.
fn libraries(base: &Path) {
    let mut needed = BTreeSet::new();
    for program in PROGRAMS {
        let listed = Command::new("ldd").arg(binary(program)).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        needed.extend(listed.split_whitespace().filter(|word| word.starts_with('/')).map(str::to_owned));
    }
    for library in needed {
        let to = base.join(library.trim_start_matches('/'));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(library, to).unwrap();
    }
}

/// The Dockerfile without its first stage.
fn last_stages() -> String {
    let dockerfile = text("Dockerfile");
    let (_, stages) = dockerfile.split_once("FROM ${BASE}").unwrap();
    format!("ARG BASE\nFROM ${{BASE}}{stages}")
}

async fn images(docker: &Docker, folder: &Path) {
    let path = |name: &str| folder.join(name);
    built(&path("build/out")).await;
    libraries(&path("base"));
    docker.import(&path("build"), "build").await;
    docker.import(&path("base"), "base").await;
    fs::create_dir(path("context")).unwrap();
    fs::write(path("context/Dockerfile"), last_stages()).unwrap();
    for program in PROGRAMS {
        let build = docker.tool(&["build", "--build-arg=BASE=base", "--target", program, "--tag", program]);
        build.arg(path("context")).run().await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_images_are_well_in_a_dockerd_without_root_network_or_a_file_system_to_write_to() {
    let folder = tempfile::tempdir().unwrap();
    let docker = Docker::start().await;
    images(&docker, folder.path()).await;
    for program in PROGRAMS {
        assert_eq!(docker.inspect(program, ".Config.User").await, "65532:65532");
        let shell = docker.run(&["run", "--rm", "--network=none", "--entrypoint=/bin/sh", program]).await;
        assert_eq!(shell.status, Some(127), "there is no shell: {}", shell.stderr);
    }
    let run = ["run"].iter().chain(&SHUT_IN).copied();
    docker.tool(&[]).args(run.clone()).args(["--name=service", "image-service"]).run().await.ok();
    docker.healthy("service").await;
    docker.tool(&[]).args(run).args(["--name=shim", "docker-shim"]).run().await.ok();
    docker.healthy("shim").await;
    let volume = docker.run(&["volume", "inspect", "--format={{.Mountpoint}}", "docker"]).await.ok();
    let socket = Path::new(volume.trim()).join("docker.sock");
    assert_eq!(Engine::at(&socket).get("/images/json").await.json(), serde_json::json!([]));
    for container in ["shim", "service"] {
        docker.run(&["stop", "--time=30", container]).await.ok();
        assert_eq!(docker.inspect(container, ".State.ExitCode").await, "0", "{container}");
    }
}
