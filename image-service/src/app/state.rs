//! The configured state, and the keys of its credentials: opened to be served, or looked after by an operator while it is not.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;

use crate::{
    config::{Config, DatabaseConfig, KeyConfig},
    ecr::Ecr,
    ports::{Sealer, Store},
    secrets::Seal,
    store::{PostgresSettings, PostgresStore, PostgresUpkeep, SqliteStore, SqliteUpkeep, Upkeep},
};

/// Between two attempts to reach a database.
const RETRY: Duration = Duration::from_secs(1);

/// What keeps the state from being opened, as far as it can be told without trying.
pub(super) fn check(config: &Config) -> impl Iterator<Item = anyhow::Error> {
    let found = [
        data_dir(config).map(drop),
        shared_key(config),
        seal(config, None).map(drop),
        postgres(&config.database).map(drop),
    ];
    found.into_iter().filter_map(Result::err)
}

/// The state, in the configured database. One that does not answer is waited for, as it may start together with this service.
pub(super) async fn open(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    shared_key(config)?;
    let data_dir = data_dir(config)?;
    let seal = Arc::new(seal(config, Some(&data_dir))?.context("credentials have no key")?);
    let Some(settings) = postgres(&config.database)? else {
        return Ok(Arc::new(SqliteStore::open(&data_dir, seal).await?));
    };
    let patience = Instant::now() + config.database.start_timeout;
    loop {
        match PostgresStore::connect(&settings, seal.clone()).await {
            Ok(store) => return Ok(Arc::new(store)),
            Err(error) if error.may_pass() && Instant::now() < patience => {
                tracing::warn!("waiting for the database: {error}");
                tokio::time::sleep(RETRY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The state as a whole, for an operator. Nothing is opened or made before something is to be done.
pub fn upkeep(config: &Config) -> anyhow::Result<Box<dyn Upkeep>> {
    let data_dir = data_dir(config)?;
    // A key that is made now would open nothing.
    let seal = seal(config, Some(&*data_dir).filter(|data_dir| Seal::is_in_data_dir(data_dir)))?;
    let sealer = seal.map(|seal| Arc::new(seal) as Arc<dyn Sealer>);
    Ok(match postgres(&config.database)? {
        Some(settings) => Box::new(PostgresUpkeep::of_database(settings, sealer)),
        None => Box::new(SqliteUpkeep::of_data_folder(&data_dir, sealer)),
    })
}

/// Forgets the stored credentials whose key is lost, which keep the service from starting. How many it were.
pub async fn forget_lost_credentials(config: &Config) -> anyhow::Result<u64> {
    let store = open(config).await?;
    let forgotten = store.forget_lost().await;
    store.close().await;
    Ok(forgotten?)
}

/// The folder of everything that is kept here: the configured one, or the XDG state folder.
pub(super) fn data_dir(config: &Config) -> anyhow::Result<PathBuf> {
    if let Some(data_dir) = &config.data_dir {
        return Ok(data_dir.clone());
    }
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let state = state.or_else(home).context("no place for the state: give --data-dir, or set HOME")?;
    Ok(state.join("image-service"))
}

/// What one service seals in a shared database the others must be able to open.
fn shared_key(config: &Config) -> anyhow::Result<()> {
    let is_missing = config.database.url.is_some() && config.credentials.key == KeyConfig::DataDir;
    anyhow::ensure!(
        !is_missing,
        "credentials.key_file (or key_env, key_credential, kms) is missing: with database.url all services need the same keys"
    );
    Ok(())
}

/// The keys of credentials, from the configured source. Without a data folder none is made there.
fn seal(config: &Config, data_dir: Option<&Path>) -> anyhow::Result<Option<Seal>> {
    let seal = match (&config.credentials.key, data_dir) {
        (KeyConfig::DataDir, None) => return Ok(None),
        (KeyConfig::DataDir, Some(data_dir)) => Seal::in_data_dir(data_dir)?,
        (KeyConfig::File(file), _) => Seal::from_key_file(file)?,
        (KeyConfig::Variable(name), _) => Seal::from_variable(name)?,
        (KeyConfig::Systemd(name), _) => Seal::from_systemd(name)?,
        (KeyConfig::Kms(kms), _) => Seal::from_wrapper(Arc::new(Ecr::new(&config.ecr)?.kms(kms))),
    };
    Ok(Some(match &config.credentials.old_key_file {
        Some(file) => seal.with_old_keys(file)?,
        None => seal,
    }))
}

/// How the shared database is reached, if there is one.
fn postgres(config: &DatabaseConfig) -> anyhow::Result<Option<PostgresSettings>> {
    let Some(url) = &config.url else { return Ok(None) };
    let read = |path: &PathBuf| {
        fs::read(path).with_context(|| format!("database.ca_file: cannot read {}", path.display()))
    };
    let settings = PostgresSettings {
        authorities: config.ca_file.as_ref().map(read).transpose()?,
        connections: config.connections,
        read_wait: config.read_wait,
        change_wait: config.change_wait,
        lock_timeout: config.lock_timeout,
        statement_timeout: config.statement_timeout,
        idle_timeout: config.idle_timeout,
        repetitions: config.repetitions,
        ..PostgresSettings::new(url.clone())
    };
    settings.check()?;
    Ok(Some(settings))
}
