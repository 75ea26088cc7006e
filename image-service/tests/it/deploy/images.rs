//! `Dockerfile`: both images, built and run by a real dockerd.

use std::{fs, path::Path};

use fixtures::{engine::Engine, peers::Dockerd};

use super::{
    docker::{Docker, PROGRAMS, build},
    file,
};

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

#[test]
fn the_build_gets_every_crate_and_nothing_that_was_built() {
    let read = |name: &str| fs::read_to_string(file("..").join(name)).unwrap();
    let (ignore, workspace) = (read(".dockerignore"), read("Cargo.toml").parse::<toml::Table>().unwrap());
    let lines: Vec<_> = ignore.lines().collect();
    assert!(lines.contains(&"*") && !lines.contains(&"!target"));
    for member in workspace["workspace"]["members"].as_array().unwrap() {
        let folder = member.as_str().unwrap().split('/').next().unwrap();
        assert!(lines.contains(&format!("!{folder}").as_str()), "{folder} is missing in .dockerignore");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_images_are_well_in_a_dockerd_without_root_network_or_a_file_system_to_write_to() {
    let folder = tempfile::tempdir().unwrap();
    let docker = Docker::of(Dockerd::start().await);
    build(&docker, folder.path()).await;
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
