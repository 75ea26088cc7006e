//! SQLite: all that every store does, and what a data folder promises.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use image_service::{
    error::Error,
    model::{Credential, RegistryHost},
    ports::{CredentialStore, ImageStore},
    secrets::Seal,
    store::{OpenError, SqliteStore},
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    Stores, here,
    pulls::{look, name, pull, upstream},
    removing::everything,
};

pub(super) async fn open(folder: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(folder, Arc::new(Seal::in_data_dir(folder).unwrap())).await
}

async fn fresh() -> Stores {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()).await.unwrap());
    Stores {
        images: store.clone(),
        locations: store.clone(),
        credentials: store.clone(),
        events: store.clone(),
        vectors: store,
        _keep: Box::new(folder),
    }
}

super::conformance!(fresh);

async fn database(folder: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.join("state.sqlite"));
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn execute(folder: &Path, statement: &str) {
    let mut database = database(folder).await;
    sqlx::query(AssertSqlSafe(statement)).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
}

async fn count(folder: &Path, table: &str) -> i64 {
    let select = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    sqlx::query_scalar(select).fetch_one(&mut database(folder).await).await.unwrap()
}

/// Pages, indexes and foreign keys are whole.
pub(super) async fn assert_sound(folder: &Path) {
    let mut database = database(folder).await;
    let found: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut database).await.unwrap();
    assert_eq!(found, "ok");
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut database).await.unwrap();
    assert!(broken.is_empty());
}

fn ghcr() -> RegistryHost {
    "ghcr.io".parse().unwrap()
}

fn alice() -> Credential {
    Credential::Password { username: "alice".into(), password: "s3cret-of-alice".into() }
}

async fn assert_closed_with_a_remedy(store: &SqliteStore) {
    let error = store.get(&here(), &ghcr()).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::CredentialsUnreadable { .. }), "{text}");
    assert!(text.contains("ghcr.io") && text.contains("log in to ghcr.io again"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    pull(&store, "app", &upstream("app")).await;
    store.put(&here(), &ghcr(), &alice()).await.unwrap();
    let (id, version) = (store.id().to_owned(), store.find(&here(), &name("app")).await.unwrap().version);
    store.close().await;
    drop(store);
    assert!(!folder.path().join("state.sqlite-wal").exists(), "a clean stop clears the log away");
    let store = open(folder.path()).await.unwrap();
    assert_eq!((store.id(), store.engine()), (&*id, "sqlite"));
    assert_eq!(look(&store, "app").await.unwrap().config, upstream("app").config());
    assert_ne!(
        store.find(&here(), &name("app")).await.unwrap().version,
        version,
        "versions are of a process"
    );
    assert_eq!(store.get(&here(), &ghcr()).await.unwrap().unwrap().username(), "alice");
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_data_folder_belongs_to_one_store_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let error = open(folder.path()).await.unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }));
    assert!(error.to_string().contains(folder.path().to_str().unwrap()), "{error}");
    store.ping().await.unwrap();
    drop(store);
    open(folder.path()).await.unwrap();
}

#[tokio::test]
async fn nobody_else_can_read_the_data_folder() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("var").join("data");
    let store = open(&folder).await.unwrap();
    pull(&store, "app", &upstream("app")).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    let sealer = Arc::new(Seal::in_data_dir(parent.path()).unwrap());
    let error = SqliteStore::open(&file.join("data"), sealer).await.unwrap_err();
    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let noise = vec![b'x'; 8192];
    fs::write(folder.path().join("state.sqlite"), &noise).unwrap();
    let error = open(folder.path()).await.unwrap_err();
    assert!(error.to_string().contains("not a database"), "{error}");
    assert_eq!(fs::read(folder.path().join("state.sqlite")).unwrap(), noise);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    pull(&store, "app", &upstream("app")).await;
    store.close().await;
    drop(store);
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', TRUE, x'00', 0)";
    execute(folder.path(), newer).await;
    let error = open(folder.path()).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer { schema: 9999, .. }), "{error}");
    execute(folder.path(), "DELETE FROM _sqlx_migrations WHERE version = 9999").await;
    look(&open(folder.path()).await.unwrap(), "app").await.unwrap();
}

#[tokio::test]
async fn no_secret_is_in_any_file_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    store.put(&here(), &ghcr(), &alice()).await.unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let content = fs::read(entry.unwrap().path()).unwrap();
        assert!(!content.windows(6).any(|window| window == b"s3cret"));
    }
    assert!(!format!("{store:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_credential_whose_row_was_altered_in_any_column_does_not_open() {
    for altered in [
        "UPDATE credentials SET sealed = CAST(sealed || x'00' AS BLOB)",
        "UPDATE credentials SET sealed = x''",
        "UPDATE credentials SET username = 'mallory'",
        "UPDATE credentials SET kind = 'registry-token'",
        "INSERT INTO credentials SELECT namespace, 'ghcr.io', username, kind, sealed, updated \
         FROM credentials WHERE registry = 'docker.io' ON CONFLICT DO UPDATE SET sealed = excluded.sealed",
        "UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE namespace = 'elsewhere') \
         WHERE namespace = 'default'",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await.unwrap();
        store.put(&here(), &ghcr(), &alice()).await.unwrap();
        store.put(&here(), &RegistryHost::docker_hub(), &alice()).await.unwrap();
        store.put(&super::elsewhere(), &ghcr(), &alice()).await.unwrap();
        execute(folder.path(), altered).await;
        assert_closed_with_a_remedy(&store).await;
    }
}

#[tokio::test]
async fn a_removed_image_takes_its_manifests_along_unless_another_needs_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let [one, other] = ["one", "other"].map(|name| upstream(name).in_index("both"));
    for (reference, image) in [("one", &one), ("other", &other)] {
        pull(&store, reference, image).await;
    }
    assert_eq!(count(folder.path(), "manifests").await, 3, "two manifests and one index");
    for (reference, left) in [("one", 2), ("other", 0)] {
        store.remove(&here(), &name(reference), Box::new(everything)).await.unwrap();
        assert_eq!(count(folder.path(), "manifests").await, left);
        assert_eq!(count(folder.path(), "image_manifests").await, left);
    }
    for table in ["images", "image_configs", "tags", "repo_digests"] {
        assert_eq!(count(folder.path(), table).await, 0, "{table}");
    }
    assert_sound(folder.path()).await;
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    store.close().await;
    assert!(matches!(store.ping().await, Err(Error::StoreUnavailable(_))));
    let error = store.find(&here(), &name("app")).await.unwrap_err();
    assert!(matches!(error, Error::StoreUnavailable(_)), "{error}");
    let error = pull_error(&store).await;
    assert!(matches!(error, Error::StoreUnavailable(_)), "{error}");
}

async fn pull_error(store: &SqliteStore) -> Error {
    super::pulls::pull_into(store, &here(), "app", &upstream("app")).await.unwrap_err()
}
