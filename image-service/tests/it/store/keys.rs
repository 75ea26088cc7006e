//! The keys of credentials in a state: which is in force, changing it, and what happens where one is missing.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use fixtures::{peers::Postgres, secrets::sealing_key};
use image_service::{
    error::Error,
    model::{Credential, RegistryHost},
    ports::{CredentialStore, KeyStore, KeyUse, Resealed},
    secrets::Seal,
    store::{PostgresSettings, PostgresStore, SqliteStore},
};
use secrecy::ExposeSecret;
use tempfile::TempDir;

use super::{elsewhere, here, sqlite::open};

const CREDENTIALS: usize = 250;

fn host(number: usize) -> RegistryHost {
    format!("r{number}.example.com").parse().unwrap()
}

fn password(text: &str) -> Credential {
    Credential::Password { username: "alice".into(), password: text.into() }
}

async fn fill(store: &impl CredentialStore) {
    for number in 0..CREDENTIALS {
        store.put(&here(), &host(number), &password(&number.to_string())).await.unwrap();
    }
    store.put(&elsewhere(), &host(0), &password("other")).await.unwrap();
}

async fn secret(store: &impl CredentialStore, number: usize) -> Result<String, Error> {
    match store.get(&here(), &host(number)).await?.unwrap() {
        Credential::Password { password, .. } => Ok(password.expose_secret().to_owned()),
        other => panic!("{other:?}"),
    }
}

async fn assert_all_open(store: &impl CredentialStore) {
    for number in 0..CREDENTIALS {
        assert_eq!(secret(store, number).await.unwrap(), number.to_string());
    }
}

async fn rotate(store: &impl KeyStore) -> Resealed {
    store.change_key().await.unwrap();
    let done = store.reseal().await.unwrap();
    store.discard_keys().await.unwrap();
    done
}

/// The key in force, if it is the only one and everything is sealed under it.
fn only(keys: &[KeyUse], records: usize) -> KeyUse {
    let [key] = keys else { panic!("{keys:?}") };
    assert!(key.in_force && key.at_hand && key.records == records as u64, "{keys:?}");
    key.clone()
}

fn keys_in(folder: &Path) -> usize {
    fs::read_to_string(folder.join("credentials.key")).unwrap().lines().count()
}

#[tokio::test]
async fn a_new_key_takes_the_place_of_the_old_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    store.open_keys().await.unwrap();
    fill(&store).await;
    let old = only(&store.keys().await.unwrap(), CREDENTIALS + 1);
    let done = rotate(&store).await;
    assert_eq!(done, Resealed { resealed: CREDENTIALS as u64 + 1, unreadable: 0 });
    let new = only(&store.keys().await.unwrap(), CREDENTIALS + 1);
    assert_ne!(old.id, new.id);
    assert_eq!(keys_in(folder.path()), 1);
    assert_eq!(store.reseal().await.unwrap(), Resealed::default(), "there is nothing left to do");
    store.close().await;
    drop(store);
    let store = open(folder.path()).await.unwrap();
    store.open_keys().await.unwrap();
    assert_all_open(&store).await;
}

#[tokio::test]
async fn what_a_crash_interrupts_is_brought_to_its_end_later() {
    let folder = tempfile::tempdir().unwrap();
    let crash = async |store: SqliteStore| {
        drop(store);
        let store = open(folder.path()).await.unwrap();
        store.open_keys().await.unwrap();
        store
    };
    let store = open(folder.path()).await.unwrap();
    fill(&store).await;
    let old = only(&store.keys().await.unwrap(), CREDENTIALS + 1);

    // A key was made and is not in force yet.
    let spare = Seal::in_data_dir(folder.path()).unwrap();
    let made = image_service::ports::Sealer::next(&spare, store_id(&store), old.id.as_ref()).await.unwrap();
    let store = crash(store).await;
    assert!(store.keys().await.unwrap().iter().any(|key| key.in_force && key.id == old.id));
    assert_eq!(store.change_key().await.unwrap(), made.id, "it is taken, and no third one is made");

    // In force, and nothing sealed anew.
    let store = crash(store).await;
    assert_all_open(&store).await;
    store.put(&here(), &host(0), &password("0")).await.unwrap();
    assert_eq!(store.reseal().await.unwrap().resealed, CREDENTIALS as u64);

    // Sealed anew, and the old key still there.
    let store = crash(store).await;
    assert_eq!(keys_in(folder.path()), 2);
    assert_eq!(store.discard_keys().await.unwrap(), [old.id.unwrap()]);
    only(&store.keys().await.unwrap(), CREDENTIALS + 1);
    assert_eq!(keys_in(folder.path()), 1);
    let store = crash(store).await;
    assert_all_open(&store).await;
}

fn store_id(store: &SqliteStore) -> &str {
    image_service::ports::ImageStore::id(store)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_change_while_credentials_are_stored_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()).await.unwrap());
    fill(&*store).await;
    let using = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            for number in (0..CREDENTIALS).chain(0..CREDENTIALS) {
                store.put(&here(), &host(number), &password(&number.to_string())).await.unwrap();
                assert_eq!(secret(&*store, number).await.unwrap(), number.to_string());
            }
        }
    });
    let mut rotations = 0;
    while rotations < 3 || !using.is_finished() {
        assert_eq!(rotate(&*store).await.unreadable, 0);
        rotations += 1;
    }
    using.await.unwrap();
    only(&store.keys().await.unwrap(), CREDENTIALS + 1);
    assert_all_open(&*store).await;
}

#[tokio::test]
async fn a_service_without_the_key_of_its_credentials_is_refused_until_they_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    fill(&store).await;
    let id = only(&store.keys().await.unwrap(), CREDENTIALS + 1).id.unwrap().to_string();
    drop(store);
    let key_file = folder.path().join("credentials.key");
    let key = fs::read(&key_file).unwrap();
    fs::remove_file(&key_file).unwrap();
    let store = open(folder.path()).await.unwrap();
    let refused = store.open_keys().await.unwrap_err().to_string();
    for part in [&*id, key_file.to_str().unwrap(), "put it there again", "keys forget-lost"] {
        assert!(refused.contains(part), "{refused}");
    }
    assert!(store.put(&here(), &host(0), &password("new")).await.is_err(), "nothing is stored under another");
    drop(store);

    fs::write(&key_file, key).unwrap();
    let store = open(folder.path()).await.unwrap();
    store.open_keys().await.unwrap();
    assert_all_open(&store).await;
    drop(store);

    fs::remove_file(&key_file).unwrap();
    let store = open(folder.path()).await.unwrap();
    assert_eq!(store.forget_lost().await.unwrap(), CREDENTIALS as u64 + 1);
    store.open_keys().await.unwrap();
    store.put(&here(), &host(0), &password("0")).await.unwrap();
    assert_ne!(only(&store.keys().await.unwrap(), 1).id.unwrap().to_string(), id);
}

#[tokio::test]
async fn a_key_that_only_some_credentials_need_is_missed_at_the_start_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    fill(&store).await;
    let old = only(&store.keys().await.unwrap(), CREDENTIALS + 1).id.unwrap();
    store.change_key().await.unwrap();
    store.put(&here(), &host(0), &password("0")).await.unwrap();
    drop(store);
    let key_file = folder.path().join("credentials.key");
    let keys = fs::read_to_string(&key_file).unwrap();
    fs::write(&key_file, keys.lines().next_back().unwrap()).unwrap();
    let store = open(folder.path()).await.unwrap();
    let refused = store.open_keys().await.unwrap_err().to_string();
    assert!(refused.contains(&format!("the key {old} ({CREDENTIALS} of them)")), "{refused}");
    assert_eq!(secret(&store, 0).await.unwrap(), "0");
    assert!(matches!(secret(&store, 1).await, Err(Error::CredentialsUnreadable { .. })));
    assert_eq!(store.reseal().await.unwrap(), Resealed { resealed: 0, unreadable: CREDENTIALS as u64 });
    assert!(store.discard_keys().await.unwrap().is_empty(), "a key that is needed is not let go");
}

/// One database and a service with a key file of its own.
struct Host {
    settings: PostgresSettings,
    folder: TempDir,
}

impl Host {
    fn of(url: &str, keys: &[u8]) -> Self {
        let host = Self { settings: PostgresSettings::new(url.into()), folder: tempfile::tempdir().unwrap() };
        host.has(keys);
        host
    }

    fn key_file(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    fn has(&self, keys: &[u8]) {
        let lines: Vec<_> = keys.iter().map(|number| sealing_key(*number)).collect();
        fs::write(self.key_file(), lines.join("\n")).unwrap();
        fs::set_permissions(self.key_file(), fs::Permissions::from_mode(0o600)).unwrap();
    }

    async fn service(&self) -> PostgresStore {
        let seal = Arc::new(Seal::from_key_file(&self.key_file()).unwrap());
        PostgresStore::connect(&self.settings, seal).await.unwrap()
    }
}

#[tokio::test]
async fn services_of_one_database_change_to_a_key_that_all_of_them_have() {
    let server = Postgres::shared().await;
    let url = server.database().await;
    let hosts = [Host::of(&url, &[1]), Host::of(&url, &[1])];
    let (one, other) = (hosts[0].service().await, hosts[1].service().await);
    let (begun, begun_too) = tokio::join!(one.open_keys(), other.open_keys());
    begun.unwrap();
    begun_too.unwrap();
    fill(&one).await;
    assert_all_open(&other).await;
    let refused = one.change_key().await.unwrap_err().to_string();
    assert!(refused.contains("is in force already"), "{refused}");

    // The files come first, then one service is told.
    hosts.iter().for_each(|host| host.has(&[1, 2]));
    assert_eq!(rotate(&one).await.resealed, CREDENTIALS as u64 + 1);
    assert_all_open(&other).await;
    other.put(&here(), &host(0), &password("0")).await.unwrap();
    hosts.iter().for_each(|host| host.has(&[2]));
    for service in [&one, &other] {
        service.open_keys().await.unwrap();
        only(&service.keys().await.unwrap(), CREDENTIALS + 1);
    }
    let fresh = hosts[0].service().await;
    fresh.open_keys().await.unwrap();
    assert_all_open(&fresh).await;
}

#[tokio::test]
async fn a_service_that_has_only_the_old_key_says_so_and_goes_on_when_it_gets_the_new_one() {
    let server = Postgres::shared().await;
    let url = server.database().await;
    let (ahead, behind) = (Host::of(&url, &[1, 2]), Host::of(&url, &[1]));
    let late = behind.service().await;
    late.open_keys().await.unwrap();
    fill(&late).await;
    let early = ahead.service().await;
    early.open_keys().await.unwrap();
    early.change_key().await.unwrap();

    // What is under the old key opens; nothing more is stored under it, or it would be lost with it.
    assert_eq!(secret(&late, 0).await.unwrap(), "0");
    for refused in [late.put(&here(), &host(0), &password("new")).await.unwrap_err(), {
        early.reseal().await.unwrap();
        secret(&late, 0).await.unwrap_err()
    }] {
        assert!(matches!(refused, Error::SealingKey { retryable: false, .. }), "{refused:?}");
        assert!(refused.to_string().contains(behind.key_file().to_str().unwrap()), "{refused}");
    }
    behind.has(&[1, 2]);
    assert_all_open(&late).await;
    late.put(&here(), &host(0), &password("0")).await.unwrap();
    early.discard_keys().await.unwrap();
    assert_all_open(&early).await;
}
