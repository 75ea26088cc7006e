//! Two services with one Postgres database, each with a shim: a runner host need not know which of them it speaks to.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use fixtures::{
    peers::{DockerRegistry, Postgres, Recipe},
    system::System,
};

use tokio::net::UnixStream;

use crate::client::{read_until, send};

const KEY: [u8; 32] = [7; 32];

/// Two services on one fresh database.
async fn fleet(keys: &Path, server: &Arc<Postgres>) -> [System; 2] {
    let key = keys.join("key");
    fs::write(&key, KEY).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let url = server.database().await;
    let config = format!("[database]\nurl = {url:?}\n[credentials]\nkey_file = {:?}\n", key.display());
    [System::with_config(&config).await, System::with_config(&config).await]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_service_pulls_tags_and_removes_the_other_shows() {
    let (keys, server, registry) =
        (tempfile::tempdir().unwrap(), Postgres::shared().await, DockerRegistry::open().await);
    registry.push("team/app", "v1", &Recipe::plain("v1")).await;
    let [one, other] = fleet(keys.path(), &server).await;
    let name = registry.reference("team/app");
    assert_eq!(one.engine().pull(&name, "v1").await.status, 200);
    let path = format!("/v1.41/images/{name}:v1/json");
    let seen = other.engine().get(&path).await;
    assert_eq!(seen.json(), one.engine().get(&path).await.json());

    let tagged = other.engine().post(&format!("/v1.41/images/{name}:v1/tag?repo=mine&tag=x")).await;
    assert_eq!(tagged.status, 201, "{}", tagged.text());
    assert_eq!(one.engine().get("/v1.41/images/mine:x/json").await.json()["Id"], seen.json()["Id"]);
    for gone in ["mine:x", &format!("{name}:v1")] {
        assert_eq!(one.engine().delete(&format!("/v1.41/images/{gone}")).await.status, 200);
    }
    let missing = other.engine().get(&path).await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.json()["message"], format!("No such image: {name}:v1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_service_does_is_heard_by_who_listens_to_the_other() {
    let (keys, server, registry) =
        (tempfile::tempdir().unwrap(), Postgres::shared().await, DockerRegistry::open().await);
    registry.push("team/app", "v1", &Recipe::plain("v1")).await;
    let [one, other] = fleet(keys.path(), &server).await;
    let mut listener = UnixStream::connect(other.engine().socket()).await.unwrap();
    send(&mut listener, "GET /v1.41/events", &[], b"").await;
    read_until(&mut listener, "\r\n\r\n").await;
    let name = registry.reference("team/app");
    assert_eq!(one.engine().pull(&name, "v1").await.status, 200);
    let line = read_until(&mut listener, "\n\r\n").await;
    assert!(line.contains(&format!(r#""status":"pull","id":"{name}:v1""#)), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_service_leaves_the_other_with_all_that_it_acknowledged() {
    let (keys, server, registry) = (
        tempfile::tempdir().unwrap(),
        Postgres::shared().await,
        DockerRegistry::htpasswd(&[("alice", "s3cret")]).await,
    );
    registry.push("priv/app", "v1", &Recipe::plain("v1")).await;
    let [mut one, other] = fleet(keys.path(), &server).await;
    let (host, name) = (registry.host().to_owned(), registry.reference("priv/app"));
    let login = serde_json::json!({"username": "alice", "password": "s3cret", "serveraddress": host});
    let login = http::Request::post("/v1.41/auth").body(login.to_string().into()).unwrap();
    assert_eq!(one.engine().send(login).await.status, 200);
    one.kill_service();

    // The credential that one was given serves the other.
    let pulled = other.engine().pull(&name, "v1").await;
    assert_eq!(pulled.status, 200, "{}", pulled.text());
    one.start_service();
    one.ready().await;
    assert_eq!(one.engine().get(&format!("/v1.41/images/{name}:v1/json")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_database_without_a_shared_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.toml");
    fs::write(&config, "[database]\nurl = \"postgres://image-service@127.0.0.1:1/images\"\n").unwrap();
    let service = fixtures::tool::Tool::new(fixtures::system::binary("image-service"));
    let refused = service.args(["config", "check", "--config"]).arg(&config).run().await.refused();
    assert!(refused.contains("credentials.key_file"), "{refused}");
}
