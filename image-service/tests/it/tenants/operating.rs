//! `image-service keys` and `image-service health` against a service that knows its callers.

use std::{fs, path::PathBuf};

use fixtures::{
    pki::{Authority, PairFiles},
    tool::Tool,
};
use image_service::model::BearerToken;

use super::world::{World, identity};

/// A service over TLS whose own certificate is none for clients.
struct Stage {
    world: World,
    clients: Authority,
}

impl Stage {
    /// `tokens` says whether callers may come with one.
    async fn new(tokens: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clients = Authority::new("clients");
        let pair = Authority::new("servers").server().write(folder.path(), "server");
        let client_ca = folder.path().join("clients.pem");
        fs::write(&client_ca, clients.pem()).unwrap();
        let file = folder.path().join("tokens");
        fs::write(&file, "").unwrap();
        let access = if tokens { format!("[access]\ntoken_file = {file:?}\n") } else { String::new() };
        let identities = identity("operations", "default", "operator", "certificates = ['CN:operations']")
            + &identity("jobs", "default", "admin", "certificates = ['CN:jobs']");
        let config = format!(
            "[tls]\ncertificate = {:?}\nkey = {:?}\nclient_ca = {client_ca:?}\n{access}{identities}",
            pair.certificate, pair.key
        );
        Self { world: World::over_tcp(folder, &config).await, clients }
    }

    fn command(&self, words: &[&str]) -> Tool {
        let tool = Tool::new(env!("CARGO_BIN_EXE_image-service")).args(words).arg("--config");
        let tool = tool.arg(self.world.folder().join("config.toml")).arg("--data-dir");
        tool.arg(self.world.folder().join("data")).args(["--listen", self.world.address()])
    }

    fn certified(&self, tool: Tool, name: &str) -> Tool {
        let PairFiles { certificate, key } = self.clients.client(name, &[]).write(self.world.folder(), name);
        tool.arg("--certificate").arg(certificate).arg("--key").arg(key)
    }

    /// A token of an identity, in a file of its own.
    async fn token(&self, name: &str) -> PathBuf {
        let token = BearerToken::random().unwrap();
        let tokens = self.world.folder().join("tokens");
        let known = fs::read_to_string(&tokens).unwrap();
        fs::write(&tokens, format!("{known}{name} {}\n", token.hash())).unwrap();
        let file = self.world.folder().join(format!("{name}.token"));
        fs::write(&file, format!("{}\n", token.expose())).unwrap();
        file
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_nobody_or_may_not_is_refused() {
    let stage = Stage::new(true).await;
    let said = stage.command(&["keys", "list"]).run().await.refused();
    assert!(said.contains("unauthorized"), "{said}");
    let said = stage.certified(stage.command(&["keys", "rotate"]), "jobs").run().await.refused();
    assert!(said.contains("operator"), "{said}");
    let said = stage.command(&["keys", "list", "--token-file", "/no/token"]).run().await.refused();
    assert!(said.contains("cannot read /no/token"), "{said}");
    let said = stage.command(&["keys", "list", "--token-file", "/dev/stdin"]).run().await.refused();
    assert!(said.contains("there is no token in /dev/stdin"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_not_sent_in_plaintext_to_another_machine() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "ist_1").unwrap();
    let list = Tool::new(env!("CARGO_BIN_EXE_image-service")).args([
        "keys",
        "list",
        "--listen",
        "192.0.2.1:7100",
        "--token-file",
    ]);
    let said = list.arg(token).run().await.refused();
    assert!(said.contains("the token is not sent in plaintext to 192.0.2.1:7100"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_shows_a_token_or_a_certificate() {
    let mut stage = Stage::new(true).await;
    let token = stage.token("operations").await;
    stage.world.process().line("the tokens have changed and are in use").await;
    for way in [
        stage.command(&["keys", "list"]).arg("--token-file").arg(&token),
        stage.command(&["keys", "list", "--token-file", "/dev/stdin"]).input(fs::read(&token).unwrap()),
        stage.certified(stage.command(&["keys", "list"]), "operations"),
    ] {
        let listed = way.run().await.ok();
        assert!(listed.contains("in force"), "{listed}");
    }
    let told = stage.command(&["keys", "rotate"]).arg("--token-file").arg(&token).run().await.ok();
    assert!(told.contains("credentials sealed anew: 0"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_needs_no_certificate_where_others_may_come_with_a_token() {
    Stage::new(true).await.command(&["health"]).run().await.ok();
    let stage = Stage::new(false).await;
    // The service's own is shown then, which another authority has signed.
    stage.command(&["health"]).run().await.refused();
    stage.certified(stage.command(&["health"]), "jobs").run().await.ok();
}
