//! TLS: who is believed in either direction, and certificates that change while the service runs.

use std::{fs, path::PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use fixtures::{
    pki::{Authority, Pair},
    process::until,
};
use image_service::model::BearerToken;
use imageservice_proto::v1::InfoRequest;
use tokio::{io::AsyncReadExt as _, net::TcpStream};
use tonic::Code;

use super::world::{Caller, World, identity, reason};

/// A service that believes clients of one authority, and is believed by those who know another.
struct Stage {
    world: World,
    servers: Authority,
    clients: Authority,
}

const SPIFFE: &str = "spiffe://example.com/ci";

impl Stage {
    async fn new() -> Self {
        Self::with("").await
    }

    /// With more lines of `[access]`, in which `FOLDER` is where the files are.
    async fn with(access: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
        let pair = servers.server().write(folder.path(), "server");
        let client_ca = folder.path().join("clients.pem");
        fs::write(&client_ca, clients.pem()).unwrap();
        fs::write(folder.path().join("revoked"), "").unwrap();
        fs::write(folder.path().join("tokens"), "").unwrap();
        let access = access.replace("FOLDER", folder.path().to_str().unwrap());
        let identities = identity("runner", "default", "reader", "certificates = ['CN:runner']")
            + &identity("mesh", "default", "loader", &format!("certificates = ['URI:{SPIFFE}']"));
        let config = format!(
            "[tls]\ncertificate = {:?}\nkey = {:?}\nclient_ca = {client_ca:?}\n[access]\n{access}\n{identities}",
            pair.certificate, pair.key
        );
        let world = World::over_tcp(folder, &config).await;
        Self { world, servers, clients }
    }

    /// What comes of a call on a connection of its own; the connection may not come to be.
    async fn ask(&self, own: Option<&Pair>) -> Result<(), String> {
        self.ask_of(&self.servers, own).await
    }

    async fn ask_of(&self, servers: &Authority, own: Option<&Pair>) -> Result<(), String> {
        let channel = self.world.secure(servers, own).await?;
        let answer = Caller::on(channel).system().info(InfoRequest {}).await;
        answer.map(drop).map_err(|status| format!("{status:?}"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.world.folder().join(name)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_known_by_a_name_in_its_certificate() {
    let stage = Stage::new().await;
    for known in [stage.clients.client("runner", &[]), stage.clients.client("pod-7", &[SPIFFE])] {
        assert_eq!(stage.ask(Some(&known)).await, Ok(()));
    }
    for other in
        [stage.clients.client("Runner", &[]), stage.clients.client("x", &["spiffe://example.com/ci/x"])]
    {
        let channel = stage.world.secure(&stage.servers, Some(&other)).await.unwrap();
        let answer = Caller::on(channel).system().info(InfoRequest {}).await;
        assert_eq!(reason(answer), "CALLER_UNKNOWN");
    }
    let weak = Caller::on(
        stage.world.secure(&stage.servers, Some(&stage.clients.client("runner", &[]))).await.unwrap(),
    );
    let refusal = weak.images().remove(imageservice_proto::v1::RemoveRequest::default()).await;
    assert_eq!(refusal.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_are_wrong_or_expired_or_missing_let_nobody_in() {
    let stage = Stage::new().await;
    let others = Authority::new("clients");
    for (what, own) in [
        ("none", None),
        ("another authority's", Some(others.client("runner", &[]))),
        ("expired", Some(stage.clients.expired_client("runner"))),
        ("a server's", Some(stage.clients.server())),
    ] {
        assert!(stage.ask(own.as_ref()).await.is_err(), "{what}");
    }
    assert_eq!(
        stage.ask(Some(&stage.clients.client("runner", &[]))).await,
        Ok(()),
        "and nobody else is kept out"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_a_certificate_that_is_wrong_or_expired_is_not_spoken_to() {
    let stage = Stage::new().await;
    let own = stage.clients.client("runner", &[]);
    assert!(
        stage
            .ask_of(&Authority::new("servers"), Some(&own))
            .await
            .unwrap_err()
            .contains("InvalidCertificate")
    );
    stage.servers.expired_server().write(stage.world.folder(), "server");
    until("the expired certificate is shown", async || {
        stage.ask(Some(&own)).await.err().filter(|why| why.contains("Expired"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_changed_while_the_service_runs_and_connections_go_on() {
    let stage = Stage::new().await;
    let own = stage.clients.client("runner", &[]);
    let before = Caller::on(stage.world.secure(&stage.servers, Some(&own)).await.unwrap());
    before.system().info(InfoRequest {}).await.unwrap();

    let (servers, clients) = (Authority::new("new servers"), Authority::new("new clients"));
    servers.server().write(stage.world.folder(), "server");
    fs::write(stage.file("clients.pem"), clients.pem()).unwrap();
    let new = clients.client("runner", &[]);
    until("the new certificates are in use", async || stage.ask_of(&servers, Some(&new)).await.ok()).await;
    assert!(stage.ask_of(&servers, Some(&own)).await.is_err(), "the old authority is believed no more");
    before.system().info(InfoRequest {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_used_are_told_of_and_the_old_ones_stay() {
    let mut stage = Stage::new().await;
    let own = stage.clients.client("runner", &[]);
    fs::write(stage.file("server.crt"), "no certificate").unwrap();
    stage.world.process().line("the certificates have changed and cannot be used").await;
    assert_eq!(stage.ask(Some(&own)).await, Ok(()));

    // A key of another certificate.
    fs::write(stage.file("server.crt"), stage.servers.server().certificate).unwrap();
    stage.world.process().line("server.key cannot be used").await;
    assert_eq!(stage.ask(Some(&own)).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_is_refused_even_on_a_connection_that_is_open() {
    let stage = Stage::with("revoked_file = 'FOLDER/revoked'").await;
    let (lost, kept) = (stage.clients.client("runner", &[]), stage.clients.client("runner", &[]));
    let open = Caller::on(stage.world.secure(&stage.servers, Some(&lost)).await.unwrap());
    open.system().info(InfoRequest {}).await.unwrap();

    fs::write(stage.file("revoked"), hex::encode(digest(&SHA256, &lost.der))).unwrap();
    let refusal =
        until("the certificate is refused", async || open.system().info(InfoRequest {}).await.err()).await;
    assert_eq!(refusal.message(), "unauthorized: this client certificate has been revoked");
    assert_eq!(stage.ask(Some(&kept)).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_tokens_a_client_may_come_without_a_certificate_and_not_with_a_wrong_one() {
    let stage = Stage::with("token_file = 'FOLDER/tokens'").await;
    let token = BearerToken::random().unwrap();
    fs::write(stage.file("tokens"), format!("mesh {}\n", token.hash())).unwrap();
    let channel = stage.world.secure(&stage.servers, None).await.unwrap();
    assert_eq!(reason(Caller::on(channel.clone()).system().info(InfoRequest {}).await), "CALLER_UNKNOWN");
    let bearer = format!("Bearer {}", token.expose());
    until("the token is good", async || {
        let outcome = super::raw::call(&channel, "/imageservice.v1.System/Info", Some(&bearer)).await;
        (outcome == super::raw::Outcome::Made).then_some(())
    })
    .await;
    assert!(stage.ask(Some(&Authority::new("clients").client("runner", &[]))).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_stall_in_their_handshake_keep_nobody_waiting_and_are_given_up() {
    let stage = Stage::new().await;
    let mut stalled = Vec::new();
    for _ in 0..100 {
        stalled.push(TcpStream::connect(stage.world.address()).await.unwrap());
    }
    assert_eq!(stage.ask(Some(&stage.clients.client("runner", &[]))).await, Ok(()));
    let mut first = stalled.swap_remove(0);
    assert_eq!(first.read(&mut [0; 1]).await.unwrap(), 0, "its connection is closed");
}
