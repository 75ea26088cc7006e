//! A shared database that does not answer when the service starts.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use fixtures::{
    peers::Postgres,
    process::{Process, until},
    secrets::sealing_key,
    system::binary,
};
use tempfile::TempDir;

/// A service that is started beside a database server that has gone.
struct Stage {
    server: Postgres,
    service: Process,
    _folder: TempDir,
}

impl Stage {
    async fn new(patience: u64) -> Self {
        let (mut server, folder) = (Postgres::start().await, tempfile::tempdir().unwrap());
        let url = server.database().await.replace("postgres@", "postgres:s3cret@");
        server.kill();
        let (key, config) = (folder.path().join("key"), folder.path().join("config.toml"));
        fs::write(&key, sealing_key(1)).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let text = format!(
            "[database]\nurl = {url:?}\nstart_timeout_seconds = {patience}\n\
             [credentials]\nkey_file = {key:?}\n[embedded_registry]\nenabled = false\n"
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new(binary("image-service"));
        command.args(["serve", "--config"]).arg(config).arg("--data-dir").arg(folder.path().join("data"));
        let service = Process::start("image-service", "cargo build", &mut command);
        Self { server, service, _folder: folder }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_waited_for_and_the_service_starts_when_it_is_there() {
    let mut stage = Stage::new(3600).await;
    stage.service.line("waiting for the database").await;
    assert!(stage.service.is_running());
    stage.server.start_again().await;
    stage.service.line("listening on").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_not_waited_for_longer_than_configured_and_the_end_says_why() {
    let mut stage = Stage::new(0).await;
    stage.service.line("database").await;
    until("the service has ended", async || (!stage.service.is_running()).then_some(())).await;
    let told = stage.service.lines().join("\n");
    assert!(told.contains("connect") && !told.contains("listening"), "{told}");
}
