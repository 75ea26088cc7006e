//! The scripts behind `make up` and `make demo`, with the binaries of this build.

use std::{path::Path, process::Command};

use fixtures::{peers::DockerCli, process::Process, system::binary, tool::Tool};

const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy");

#[tokio::test(flavor = "multi_thread")]
async fn up_says_how_to_reach_it_and_ends_when_asked() {
    let state = tempfile::tempdir().unwrap();
    let mut command = Command::new(format!("{DEPLOY}/up.sh"));
    command.env("BIN", binary("docker-shim").parent().unwrap()).env("STATE", state.path());
    let mut up = Process::start("up.sh", "this repository", &mut command);
    let line = up.line("export DOCKER_HOST=").await;
    let host = line.split_once('=').unwrap().1;
    let cli = DockerCli::new(host);
    cli.run(&["version"]).await.ok();
    assert_eq!(cli.run(&["images", "-q"]).await.ok(), "");
    assert!(up.stop(), "up.sh ends with status 0");
    assert!(!running_from(state.path()), "both processes are gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn up_fails_when_the_service_cannot_start() {
    let state = tempfile::tempdir().unwrap();
    let config = state.path().join("config.toml");
    std::fs::write(&config, "nosuch = 1").unwrap();
    let ran = Tool::new(format!("{DEPLOY}/up.sh"))
        .env("BIN", binary("docker-shim").parent().unwrap())
        .env("STATE", state.path().join("state"))
        .env("CONFIG", &config)
        .run()
        .await;
    let refused = ran.refused();
    assert!(refused.contains("nosuch"), "{refused}");
    assert!(!running_from(state.path()), "both processes are gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_works() {
    let ran = Tool::new(format!("{DEPLOY}/demo.sh"))
        .env("BIN", binary("docker-shim").parent().unwrap())
        .run()
        .await;
    let out = ran.ok();
    assert!(out.ends_with("# All of it worked\n"), "{out}");
}

/// Whether any process has a folder on its command line.
fn running_from(folder: &Path) -> bool {
    let folder = folder.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let mut commands = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    commands.any(|command| String::from_utf8_lossy(&command).contains(folder))
}
