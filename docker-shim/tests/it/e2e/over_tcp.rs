//! A shim that reaches its service over TCP, in plaintext on this host or over TLS from anywhere.

use std::{fs, path::Path, process::Command};

use fixtures::{
    engine::{Answer, Engine},
    process::{Process, until},
    system::binary,
};
use tempfile::TempDir;

/// A service on a free port of loopback; the address is what it says it listens on.
pub(super) async fn service(dir: &Path, config: &str) -> (Process, String) {
    fs::write(dir.join("config.toml"), config).unwrap();
    let mut command = Command::new(binary("image-service"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.join("data"));
    let service =
        Process::start("image-service", "cargo build", command.arg("--config").arg(dir.join("config.toml")));
    let line = service.line("listening on ").await;
    let address = line.split([' ', '"']).find(|word| word.starts_with("127.0.0.1:")).unwrap();
    (service, address.to_owned())
}

pub(super) async fn shim(dir: &Path, options: &[&str]) -> (Process, Engine) {
    let socket = dir.join("docker.sock");
    let mut command = Command::new(binary("docker-shim"));
    let shim =
        Process::start("docker-shim", "cargo build", command.arg("--socket").arg(&socket).args(options));
    shim.line("listening").await;
    (shim, Engine::at(&socket))
}

async fn list(engine: &Engine) -> Answer {
    engine.get("/v1.44/images/json").await
}

/// A certificate for localhost, and the configuration that shows it.
fn certificate(dir: &Path) -> String {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    fs::write(&certificate, signed.cert.pem()).unwrap();
    fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
    format!("[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn plaintext_on_loopback_works() {
    let dir = TempDir::new().unwrap();
    let (_service, address) = service(dir.path(), "").await;
    let (_shim, engine) = shim(dir.path(), &["--image-service", &format!("http://{address}")]).await;
    let answer = list(&engine).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "[]\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_works_with_an_authority_of_ones_own_and_not_without_it() {
    let dir = TempDir::new().unwrap();
    let (_service, address) = service(dir.path(), &certificate(dir.path())).await;
    let address = format!("https://localhost:{}", address.rsplit(':').next().unwrap());
    let authority = dir.path().join("cert.pem");

    let trusting = ["--image-service", &address, "--image-service-ca", authority.to_str().unwrap()];
    let (mut trusting, engine) = shim(dir.path(), &trusting).await;
    let answer = until("the service answers", async || Some(list(&engine).await)).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "[]\n"));
    assert!(trusting.stop());

    let (_wary, engine) = shim(dir.path(), &["--image-service", &address]).await;
    let answer = list(&engine).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_read_is_named_at_start() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("config.toml"), "[tls]\ncertificate = '/no/cert.pem'\nkey = '/no/key.pem'\n")
        .unwrap();
    let mut command = Command::new(binary("image-service"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.path().join("data"));
    let service = Process::start(
        "image-service",
        "cargo build",
        command.arg("--config").arg(dir.path().join("config.toml")),
    );
    service.line("cannot read /no/cert.pem").await;
}
