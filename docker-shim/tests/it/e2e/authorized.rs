//! A shim at a service that asks who calls: it shows a certificate or a token, and what its role does not allow is a clear answer.

use std::{fs, path::Path, process::Command};

use fixtures::{
    engine::{Answer, Engine},
    peers::{Archive, DockerCli, DockerRegistry, Recipe},
    pki::Authority,
    process::{Process, until},
    system::binary,
};
use tempfile::TempDir;

use super::over_tcp::{service, shim};

const ALONE: &str = "embedded_registry.enabled = false\n";

fn identity(name: &str, role: &str, more: &str) -> String {
    format!("[[access.identities]]\nname = '{name}'\nnamespace = 'team-a'\nrole = '{role}'\n{more}\n")
}

/// The token of an identity, as the service makes it; its line goes to the token file.
fn token(dir: &Path, name: &str) -> String {
    let made = Command::new(binary("image-service")).args(["token", "new", name]).output().unwrap();
    let line = String::from_utf8(made.stderr).unwrap().lines().last().unwrap().to_owned();
    let file = dir.join("tokens");
    let lines = fs::read_to_string(&file).unwrap_or_default();
    fs::write(file, format!("{lines}{line}\n")).unwrap();
    String::from_utf8(made.stdout).unwrap()
}

fn with_tokens(dir: &Path) -> String {
    let file = dir.join("tokens");
    let identities = identity("robot", "loader", "") + &identity("eye", "reader", "");
    format!("{ALONE}[access]\ntoken_file = {file:?}\n{identities}")
}

fn path(file: &Path) -> &str {
    file.to_str().unwrap()
}

async fn load(engine: &Engine) -> Answer {
    engine.load(Archive::docker(&[(&Recipe::plain("authorized"), &["app:1"])]).tar()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_and_its_role_is_what_the_socket_may_do() {
    let dir = TempDir::new().unwrap();
    let (robot, eye) = (dir.path().join("robot"), dir.path().join("eye"));
    fs::write(&robot, token(dir.path(), "robot")).unwrap();
    fs::write(&eye, token(dir.path(), "eye")).unwrap();
    let (_service, address) = service(dir.path(), &with_tokens(dir.path())).await;
    let address = format!("http://{address}");

    let options = ["--image-service", &address, "--image-service-token-file", path(&robot)];
    let (mut loading, engine) = shim(dir.path(), &options).await;
    let loaded = load(&engine).await;
    assert_eq!(loaded.status, 200, "{}", loaded.text());
    assert_eq!(engine.get("/v1.44/images/app:1/json").await.status, 200);
    let removed = engine.delete("/v1.44/images/app:1").await;
    assert_eq!(removed.status, 200, "{}", removed.text());
    load(&engine).await;
    assert!(loading.stop());

    let options = ["--image-service", &address, "--image-service-token-file", path(&eye)];
    let (_looking, engine) = shim(dir.path(), &options).await;
    assert_eq!(engine.get("/v1.44/images/app:1/json").await.status, 200);
    let denied = "permission denied: eye has the role reader, and Images";
    for (answer, needed) in [
        (engine.post("/v1.44/images/app:1/tag?repo=other&tag=1").await, ".Tag needs the role loader"),
        (engine.delete("/v1.44/images/app:1").await, ".Remove needs the role loader"),
        (engine.post("/v1.44/images/create?fromImage=app&tag=1").await, ".Pull needs the role puller"),
        (load(&engine).await, ".Load needs the role loader"),
    ] {
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert_eq!(answer.json()["message"], format!("{denied}{needed}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_known_is_told_and_a_new_one_is_used_at_once() {
    let dir = TempDir::new().unwrap();
    let (file, fresh) = (dir.path().join("token"), dir.path().join("fresh"));
    let good = token(dir.path(), "eye");
    fs::write(&file, "ist_unknown").unwrap();
    let (_service, address) = service(dir.path(), &with_tokens(dir.path())).await;
    let address = format!("http://{address}");
    let options = ["--image-service", &address, "--image-service-token-file", path(&file)];
    let (mut process, engine) = shim(dir.path(), &options).await;
    let refused = engine.get("/v1.44/images/json").await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json()["message"], "unauthorized: the image service does not know this token");

    fs::write(&fresh, good).unwrap();
    fs::rename(&fresh, &file).unwrap();
    until("the new token is shown", async || {
        (engine.get("/v1.44/images/json").await.status == 200).then_some(())
    })
    .await;
    fs::write(&file, "").unwrap();
    until("a file without a token is told of", async || {
        assert_eq!(engine.get("/v1.44/images/json").await.status, 200, "the old token is still shown");
        process.lines().iter().any(|line| line.contains("there is no token in")).then_some(())
    })
    .await;
    let shown = process.lines().join("\n");
    assert!(!shown.contains("ist_"), "no token is logged: {shown}");
    assert!(process.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_may_only_pull_logs_in_as_at_an_engine_and_keeps_its_credential_to_itself() {
    let dir = TempDir::new().unwrap();
    let (robot, registry) =
        (dir.path().join("robot"), DockerRegistry::htpasswd(&[("alice", "s3cret")]).await);
    registry.push("priv/app", "v1", &Recipe::plain("private")).await;
    fs::write(&robot, token(dir.path(), "robot")).unwrap();
    let config = format!(
        "{ALONE}[access]\ntoken_file = {:?}\n{}",
        dir.path().join("tokens"),
        identity("robot", "puller", "")
    );
    let (_service, address) = service(dir.path(), &config).await;
    let address = format!("http://{address}");
    let options = ["--image-service", &address, "--image-service-token-file", path(&robot)];
    let (_shim, engine) = shim(dir.path(), &options).await;

    let (host, image) = (DockerCli::new(&engine.docker_host()), registry.reference("priv/app:v1"));
    host.login(registry.host(), "alice", "s3cret-mistaken").await.refused();
    host.login(registry.host(), "alice", "s3cret").await.ok();
    host.run(&["pull", &image]).await.ok();
    let another = DockerCli::new(&engine.docker_host());
    another.run(&["pull", &image]).await.refused();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_shown_and_exchanged_while_the_shim_runs() {
    let dir = TempDir::new().unwrap();
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let server = servers.server().write(dir.path(), "server");
    let own = clients.client("runner-1", &[]).write(dir.path(), "own");
    let (ca, client_ca) = (dir.path().join("ca.pem"), dir.path().join("clients.pem"));
    fs::write(&ca, servers.pem()).unwrap();
    fs::write(&client_ca, clients.pem()).unwrap();
    let config = format!(
        "{ALONE}[tls]\ncertificate = {:?}\nkey = {:?}\nclient_ca = {client_ca:?}\n{}",
        server.certificate,
        server.key,
        identity("one", "loader", "certificates = ['CN:runner-1']")
            + &identity("two", "reader", "certificates = ['CN:runner-2']")
    );
    let (_service, address) = service(dir.path(), &config).await;
    let address = format!("https://{address}");

    let trusting = ["--image-service", &address, "--image-service-ca", path(&ca)];
    let (mut nameless, engine) = shim(dir.path(), &trusting).await;
    // In TLS 1.3 a client has begun to speak when it is refused, and may find the connection closed before it reads why.
    until("the refusal names the certificate", async || {
        let refused = engine.get("/v1.44/images/json").await;
        assert_eq!(refused.status, 503);
        let text = refused.text();
        assert!(text.contains("Cannot reach the image service at"), "{text}");
        text.contains("ertificate").then_some(())
    })
    .await;
    assert!(nameless.stop());

    let shown = ["--image-service-cert", path(&own.certificate), "--image-service-key", path(&own.key)];
    let options: Vec<_> = trusting.into_iter().chain(shown).collect();
    let (_known, engine) = shim(dir.path(), &options).await;
    assert_eq!(load(&engine).await.status, 200);
    assert_eq!(engine.get("/v1.44/images/app:1/json").await.status, 200);

    clients.client("runner-2", &[]).write(dir.path(), "own");
    until("the new certificate is shown", async || {
        (engine.post("/v1.44/images/app:1/tag?repo=other&tag=1").await.status == 403).then_some(())
    })
    .await;
    assert_eq!(engine.get("/v1.44/images/app:1/json").await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_shown_is_refused_at_the_start() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("token");
    fs::write(&file, "ist_token").unwrap();
    for (options, said) in [
        (
            vec!["--image-service", "http://192.0.2.1:7443", "--image-service-token-file", path(&file)],
            "the token is not sent in plaintext",
        ),
        (
            vec!["--image-service", "https://192.0.2.1:7443", "--image-service-ca", "/no/ca"],
            "cannot read /no/ca",
        ),
        (
            vec!["--image-service-cert", path(&file), "--image-service-key", path(&file)],
            "a certificate can be shown to an https image service only",
        ),
    ] {
        let mut command = Command::new(binary("docker-shim"));
        command.env("HOME", dir.path()).arg("--socket").arg(dir.path().join("docker.sock")).args(options);
        Process::start("docker-shim", "cargo build", &mut command).line(said).await;
    }
}
