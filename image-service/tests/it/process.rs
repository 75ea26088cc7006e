//! The process: its configuration, and how it ends.

use std::{fs, process::Command};

use fixtures::{process::Process, system::System};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_never_ends_does_not_keep_the_service_from_ending() {
    let mut system = System::start().await;
    let mut health = HealthClient::new(system.channel().await);
    let request = HealthCheckRequest { service: String::new() };
    let mut watch = health.watch(request).await.unwrap().into_inner();
    watch.message().await.unwrap();
    assert!(system.stop_service(), "it ends by itself, and cleanly");
}

#[tokio::test]
async fn the_configuration_check_names_every_mistake_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    fs::write(
        &file,
        "[log]\nfilter = 'a=b=c'\n[credentials]\nkey_file = '/no/key'\n[registries.'ghcr.io']\nca_file = '/no/ca.pem'\n",
    )
    .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_image-service"));
    let checked =
        Process::start("check", "cargo build", command.args(["config", "check", "--config"]).arg(&file));
    checked.line("mistakes in the configuration: 3").await;
    let said = checked.lines().join("\n");
    for mistake in ["/no/key", "/no/ca.pem", "log.filter"] {
        assert!(said.contains(mistake), "{said}");
    }
}
