//! `Dockerfile`: both images, built and run by a real dockerd.

use std::path::Path;

use fixtures::{engine::Engine, peers::Dockerd};

use super::docker::{Docker, PROGRAMS, build};

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
