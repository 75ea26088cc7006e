use super::{Stores, elsewhere, here};
use image_service::{
    error::Error,
    model::{Credential, RegistryHost},
    ports::CredentialKind,
};
use secrecy::ExposeSecret;

fn password(username: &str, password: &str) -> Credential {
    Credential::Password { username: username.into(), password: password.into() }
}

fn host(text: &str) -> RegistryHost {
    text.parse().unwrap()
}

/// Kind, user name and secret, so that credentials can be compared.
fn shown(credential: Option<Credential>) -> Option<(&'static str, String, String)> {
    let username = credential.as_ref()?.username().to_owned();
    let (kind, secret) = match credential? {
        Credential::Password { password, .. } => ("password", password),
        Credential::IdentityToken { token, .. } => ("identity token", token),
        Credential::RegistryToken(token) => ("registry token", token),
    };
    Some((kind, username, secret.expose_secret().to_owned()))
}

async fn get(stores: &Stores, registry: &str) -> Option<(&'static str, String, String)> {
    shown(stores.credentials.get(&here(), &host(registry)).await.unwrap())
}

async fn put(stores: &Stores, registry: &str, credential: Credential) {
    stores.credentials.put(&here(), &host(registry), &credential).await.unwrap();
}

pub(super) async fn every_kind_comes_back_as_it_was_stored(stores: &Stores) {
    let strange = "p|ä\"'\n;--";
    let identity = Credential::IdentityToken { username: "u|x".into(), token: "s3cret-refresh".into() };
    for credential in [password("", strange), password(strange, ""), identity] {
        put(stores, "ghcr.io", credential.clone()).await;
        assert_eq!(get(stores, "ghcr.io").await, shown(Some(credential)));
    }
    put(stores, "ghcr.io", Credential::RegistryToken("bearer".into())).await;
    let expected = ("registry token", String::new(), "bearer".to_owned());
    assert_eq!(get(stores, "ghcr.io").await, Some(expected));
}

pub(super) async fn a_user_name_that_no_database_can_hold_is_refused(stores: &Stores) {
    let refused =
        stores.credentials.put(&here(), &host("ghcr.io"), &password("a\0b", "1")).await.unwrap_err();
    assert!(matches!(refused, Error::Argument(_)), "{refused}");
    put(stores, "ghcr.io", password("a", "1\0b")).await;
    assert_eq!(get(stores, "ghcr.io").await, shown(Some(password("a", "1\0b"))));
}

pub(super) async fn a_new_one_takes_the_place_of_the_old(stores: &Stores) {
    put(stores, "ghcr.io", password("old", "1")).await;
    put(stores, "ghcr.io", password("new", "2")).await;
    assert_eq!(get(stores, "ghcr.io").await, shown(Some(password("new", "2"))));
    assert_eq!(stores.credentials.list(&here()).await.unwrap().len(), 1);
}

pub(super) async fn a_listing_tells_everything_but_the_secret(stores: &Stores) {
    put(stores, "ghcr.io", password("alice", "s3cret")).await;
    put(stores, "docker.io", Credential::RegistryToken("s3cret".into())).await;
    let listed = stores.credentials.list(&here()).await.unwrap();
    let seen: Vec<_> = listed.iter().map(|c| (c.registry.as_str(), c.username.as_str(), c.kind)).collect();
    let expected =
        [("docker.io", "", CredentialKind::RegistryToken), ("ghcr.io", "alice", CredentialKind::Password)];
    assert_eq!(seen, expected);
    assert!(!format!("{listed:?}").contains("s3cret"));
}

pub(super) async fn a_forgotten_one_is_gone_and_was_there(stores: &Stores) {
    put(stores, "ghcr.io", password("alice", "s3cret")).await;
    assert!(stores.credentials.forget(&here(), &host("ghcr.io")).await.unwrap());
    assert!(!stores.credentials.forget(&here(), &host("ghcr.io")).await.unwrap());
    assert_eq!(get(stores, "ghcr.io").await, None);
}

pub(super) async fn they_belong_to_a_registry_in_a_namespace(stores: &Stores) {
    put(stores, "127.0.0.1:5000", password("alice", "s3cret")).await;
    assert_eq!(get(stores, "127.0.0.1:5001").await, None);
    let theirs = stores.credentials.get(&elsewhere(), &host("127.0.0.1:5000")).await.unwrap();
    assert!(theirs.is_none());
    assert!(!stores.credentials.forget(&elsewhere(), &host("127.0.0.1:5000")).await.unwrap());
    assert!(stores.credentials.list(&elsewhere()).await.unwrap().is_empty());
}
