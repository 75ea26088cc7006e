//! Both images in a real dockerd. The Dockerfile's first stage needs an image with Rust from a registry, and is not built here: what it would leave
//! behind is made of the binaries of this build, which need a C library that the static ones do not.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use fixtures::{
    peers::Dockerd,
    process::until,
    system::binary,
    tool::{Ran, Tool},
};

use super::text;

/// What there are images of.
pub(super) const PROGRAMS: [&str; 2] = ["docker-shim", "image-service"];

/// A dockerd, and how it is told what to do.
pub(super) struct Docker {
    host: String,
    _dockerd: Dockerd,
}

impl Docker {
    pub(super) fn of(dockerd: Dockerd) -> Self {
        Self { host: dockerd.engine().docker_host(), _dockerd: dockerd }
    }

    /// What `DOCKER_HOST` must be.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn tool(&self, args: &[&str]) -> Tool {
        // Docker's own builder: the other one is a plugin that Debian does not have.
        Tool::new("docker").args(args).env("DOCKER_HOST", &self.host).env("DOCKER_BUILDKIT", "0")
    }

    pub(super) async fn run(&self, args: &[&str]) -> Ran {
        self.tool(args).run().await
    }

    /// Makes an image of a folder, with lines of a Dockerfile.
    pub(super) async fn import(&self, folder: &Path, name: &str, changes: &[&str]) {
        let tar = folder.with_extension("tar");
        Tool::new("tar").arg("-cf").arg(&tar).arg("-C").arg(folder).arg(".").run().await.ok();
        let changes = changes.iter().flat_map(|change| ["--change", change]);
        self.tool(&["import"]).args(changes).arg(tar).arg(name).run().await.ok();
    }

    pub(super) async fn inspect(&self, container: &str, what: &str) -> String {
        let format = format!("{{{{{what}}}}}");
        self.run(&["inspect", "--format", &format, container]).await.ok().trim().to_owned()
    }

    pub(super) async fn healthy(&self, container: &str) {
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

/// Programs of this machine at their places, with the libraries that they need, and nothing else.
pub(super) fn with_libraries(root: &Path, programs: &[&Path]) {
    libraries(root, programs);
    for program in programs {
        copy_into(root, program);
    }
}

fn libraries(root: &Path, programs: &[&Path]) {
    let mut needed = BTreeSet::new();
    for program in programs {
        let listed = Command::new("ldd").arg(program).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        needed.extend(listed.split_whitespace().filter(|word| word.starts_with('/')).map(str::to_owned));
    }
    for library in needed {
        copy_into(root, Path::new(&library));
    }
}

fn copy_into(root: &Path, file: &Path) {
    let to = root.join(file.strip_prefix("/").unwrap());
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(file, to).unwrap();
}

/// The Dockerfile without its first stage.
fn last_stages() -> String {
    let dockerfile = text("Dockerfile");
    let (_, stages) = dockerfile.split_once("FROM ${BASE}").unwrap();
    format!("ARG BASE\nFROM ${{BASE}}{stages}")
}

/// Builds both images, called as their programs are.
pub(super) async fn build(docker: &Docker, folder: &Path) {
    let path = |name: &str| folder.join(name);
    built(&path("build/out")).await;
    let programs = PROGRAMS.map(binary);
    libraries(&path("base"), &programs.each_ref().map(|program| program.as_path()));
    docker.import(&path("build"), "build", &[]).await;
    docker.import(&path("base"), "base", &[]).await;
    fs::create_dir(path("context")).unwrap();
    fs::write(path("context/Dockerfile"), last_stages()).unwrap();
    for program in PROGRAMS {
        let build = docker.tool(&["build", "--build-arg=BASE=base", "--target", program, "--tag", program]);
        build.arg(path("context")).run().await.ok();
    }
}
