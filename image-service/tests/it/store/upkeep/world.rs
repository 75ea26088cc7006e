//! States of both engines, and what an operator does with them.

use std::{
    io::{Read, Write},
    path::Path,
    sync::{Arc, LazyLock},
};

use fixtures::{peers::Postgres, process::until, secrets::sealing_key};
use image_service::{
    ports::{Sealer, Store},
    secrets::Seal,
    store::{
        Finding, OpenError, PostgresSettings, PostgresStore, PostgresUpkeep, SqliteStore, SqliteUpkeep,
        Transferred, Upkeep, UpkeepError,
    },
};
use rusqlite::Connection;
use tempfile::{NamedTempFile, TempDir};

use crate::store::{Stores, full};

/// A state that is not there yet.
pub(crate) enum State {
    Sqlite(TempDir),
    Postgres(Arc<Postgres>, String),
}

/// The same key wherever it is asked for.
pub(crate) fn sealer() -> Arc<dyn Sealer> {
    sealer_of(&[7])
}

/// The file is read again whenever keys are loaded, so it stays as long as the tests run.
pub(crate) fn sealer_of(keys: &[u8]) -> Arc<dyn Sealer> {
    static KEYS: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
    let mut file = NamedTempFile::new_in(KEYS.path()).unwrap();
    let keys: Vec<_> = keys.iter().map(|number| sealing_key(*number)).collect();
    file.write_all(keys.join("\n").as_bytes()).unwrap();
    let (_, path) = file.keep().unwrap();
    Arc::new(Seal::from_key_file(&path).unwrap())
}

/// One of each engine.
pub(crate) async fn both() -> [State; 2] {
    [State::sqlite(), State::postgres().await]
}

impl State {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(crate) async fn postgres() -> Self {
        let server = Postgres::shared().await;
        let url = server.database().await;
        Self::Postgres(server, url)
    }

    /// A data folder that somebody else takes away.
    pub(crate) fn in_folder(folder: &Path) -> Box<dyn Upkeep> {
        Box::new(SqliteUpkeep::of_data_folder(folder, Some(sealer())))
    }

    /// A state with everything in it.
    pub(crate) async fn filled(self) -> Self {
        let store = self.open().await;
        full::fill(&Stores::of(Arc::clone(&store))).await;
        store.close().await;
        self
    }

    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        self.open_with(sealer()).await
    }

    pub(crate) async fn open_with(&self, sealer: Arc<dyn Sealer>) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(folder) => Arc::new(
                when_free(async || match SqliteStore::open(folder.path(), sealer.clone()).await {
                    Err(OpenError::InUse { .. }) => None,
                    opened => Some(opened.unwrap()),
                })
                .await,
            ),
            Self::Postgres(_, url) => Arc::new(PostgresStore::connect(&settings(url), sealer).await.unwrap()),
        }
    }

    pub(crate) fn upkeep(&self) -> Box<dyn Upkeep> {
        self.upkeep_with(Some(sealer()))
    }

    pub(super) fn upkeep_with(&self, sealer: Option<Arc<dyn Sealer>>) -> Box<dyn Upkeep> {
        match self {
            Self::Sqlite(folder) => Box::new(SqliteUpkeep::of_data_folder(folder.path(), sealer)),
            Self::Postgres(_, url) => Box::new(PostgresUpkeep::of_database(settings(url), sealer)),
        }
    }

    pub(crate) async fn exported(&self) -> Vec<u8> {
        let mut document = Vec::new();
        self.upkeep().export(&mut document, true).await.unwrap();
        document
    }

    pub(crate) async fn import(&self, document: &[u8]) -> Result<Transferred, UpkeepError> {
        when_free(async || match self.upkeep().import(&mut { document }, true).await {
            Err(UpkeepError::Sqlite(OpenError::InUse { .. })) => None,
            done => Some(done),
        })
        .await
    }

    /// With so many names of one image that an import takes them in several parts, and in the middle of one.
    pub(super) async fn with_many_names(self) -> Self {
        self.sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1203) \
             INSERT INTO tags (namespace, repository, tag, image_id, updated) \
             SELECT 'default', 'docker.io/library/many', CAST(i AS TEXT), \
             (SELECT MAX(id) FROM images WHERE namespace = 'default'), '2024-01-01T00:00:00.000000000Z' FROM n",
        )
        .await;
        self
    }

    /// What a check says, line by line.
    pub(crate) async fn findings(&self) -> Vec<String> {
        self.findings_with(sealer()).await
    }

    pub(crate) async fn findings_with(&self, sealer: Arc<dyn Sealer>) -> Vec<String> {
        findings(&*self.upkeep_with(Some(sealer))).await
    }

    /// Changes something behind the service's back, without triggers and foreign keys.
    pub(crate) async fn sql(&self, statement: &str) {
        match self {
            Self::Sqlite(folder) => database(folder.path()).execute_batch(statement).unwrap(),
            Self::Postgres(server, url) => {
                let statement = format!("SET session_replication_role = replica; {statement}");
                server.sql(url.rsplit_once('/').unwrap().1, &statement).await;
            }
        }
    }

    pub(super) fn folder(&self) -> &Path {
        match self {
            Self::Sqlite(folder) => folder.path(),
            Self::Postgres(..) => panic!("a shared database has no folder"),
        }
    }
}

/// The lock on a folder lives as long as a program that another test starts at this moment has not begun: it is a copy of this one.
pub(super) async fn when_free<T>(open: impl AsyncFnMut() -> Option<T>) -> T {
    until("the folder is free", open).await
}

fn database(folder: &Path) -> Connection {
    let connection = Connection::open(folder.join("state.sqlite")).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection
}

/// What a check says of a data folder.
pub(crate) async fn findings_of_folder(folder: &Path) -> Vec<String> {
    findings(&*State::in_folder(folder)).await
}

pub(super) async fn findings(upkeep: &dyn Upkeep) -> Vec<String> {
    let mut found = Vec::new();
    upkeep.check(&mut |finding: Finding| found.push(finding.to_string())).await.unwrap();
    found
}

/// The lines of an export.
pub(super) fn lines(document: &[u8]) -> Vec<String> {
    let mut text = String::new();
    zstd::stream::read::Decoder::new(document).unwrap().read_to_string(&mut text).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn settings(url: &str) -> PostgresSettings {
    PostgresSettings { connections: 2, ..PostgresSettings::new(url.to_owned().into()) }
}
