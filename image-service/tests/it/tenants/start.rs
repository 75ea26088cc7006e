//! What a service refuses to start with, and how tokens are made.

use std::{fs, path::Path, process::Command};

use fixtures::{
    peers::Recipe,
    pki::Authority,
    tool::{Ran, Tool},
};
use image_service::model::TokenHash;
use tonic::Code;

use super::world::{Caller, World, identity, service};

#[tokio::test]
async fn what_would_let_strangers_in_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    fs::write(&tokens, "").unwrap();
    let pair = Authority::new("ca").server().write(folder.path(), "server");
    let tls = format!("[tls]\ncertificate = {:?}\nkey = {:?}\n", pair.certificate, pair.key);
    let off = "embedded_registry.enabled = false\n";
    let with_tokens =
        format!("[access]\ntoken_file = {tokens:?}\n{}", identity("a", "default", "reader", ""));
    let with_certificate = identity("a", "default", "reader", "certificates = ['CN:a']");
    for (listen, config, said) in [
        ("0.0.0.0:0", off.to_owned(), "it needs a [tls] table"),
        ("0.0.0.0:0", format!("allow_remote_plaintext = true\n{off}{with_tokens}"), "could use the tokens"),
        ("127.0.0.1:0", format!("{off}{with_certificate}"), "tls.client_ca must say whose to believe"),
        ("127.0.0.1:0", format!("{off}{tls}{with_certificate}"), "tls.client_ca must say whose to believe"),
        ("127.0.0.1:0", format!("{off}{}", identity("a", "default", "reader", "")), "nothing tells who a is"),
        ("127.0.0.1:0", identity("a", "team-a", "reader", "uids = [1]"), "the embedded registry asks nobody"),
        ("127.0.0.1:0", format!("{off}[access]\ntoken_file = '/no/tokens'\n"), "no access.identities"),
        (
            "127.0.0.1:0",
            format!("{off}[access]\ntoken_file = '/no/tokens'\n{}", identity("a", "default", "reader", "")),
            "it is not there",
        ),
    ] {
        service(folder.path(), listen, &config).line(said).await;
    }
}

async fn new_token(name: &str) -> Ran {
    Tool::new(env!("CARGO_BIN_EXE_image-service")).args(["token", "new", name]).run().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_and_its_line_lets_its_owner_in() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    let made = new_token("robot").await;
    let line = made.stderr.lines().find(|line| line.starts_with("robot ")).unwrap().to_owned();
    let token = made.ok();
    let token = token.trim();
    let hash: TokenHash = line["robot ".len()..].parse().unwrap();
    assert!(hash.is(&TokenHash::of(token)) && !line.contains(token));

    fs::write(&tokens, line).unwrap();
    let config = format!("[access]\ntoken_file = {tokens:?}\n{}", identity("robot", "default", "reader", ""));
    let world = World::over_tcp(folder, &config).await;
    let bearer = format!("Bearer {token}");
    let info = "/imageservice.v1.System/Info";
    assert_eq!(
        super::raw::call(&world.channel().await, info, Some(&bearer)).await,
        super::raw::Outcome::Made
    );
    assert_eq!(super::raw::call(&world.channel().await, info, None).await, super::raw::Outcome::Unknown);
}

fn own_uid(folder: &Path) -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(folder).unwrap().uid()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_the_socket_needs_nothing_else_if_an_identity_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let uid = own_uid(folder.path());
    for (uids, is_known) in [(format!("uids = [{uid}]"), true), (format!("uids = [{}]", uid + 1), false)] {
        let folder = tempfile::tempdir().unwrap();
        let world = World::local(folder, &identity("local", "default", "loader", &uids)).await;
        let caller = Caller::on(world.channel().await);
        match is_known {
            true => drop(caller.load(&Recipe::plain("local"), "app:1").await.unwrap()),
            false => assert_eq!(caller.inspect("app:1").await.unwrap_err().code(), Code::Unauthenticated),
        }
    }
}

#[tokio::test]
async fn the_check_of_a_configuration_finds_what_a_start_would_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let identity = identity("a", "team-a", "reader", "certificates = ['CN:a']");
    fs::write(&file, format!("[access]\ntoken_file = '/no/tokens'\n{identity}")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_image-service"));
    let check = command.args(["config", "check", "--config"]).arg(&file).output().unwrap();
    let said = String::from_utf8(check.stderr).unwrap();
    assert!(!check.status.success());
    for mistake in ["access.token_file", "tls.client_ca", "embedded_registry.enabled"] {
        assert!(said.contains(mistake), "{said}");
    }
}
