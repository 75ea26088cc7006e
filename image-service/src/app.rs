//! The composition root: the only file that names concrete adapters. What it builds from files and names, `check` builds as well, so that a
//! configuration that passes the check can be served.

use std::{
    collections::BTreeMap,
    fs,
    future::Future,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use crate::{
    archive::{ArchiveReader, Limits, SaveLayout},
    config::{Config, DatabaseConfig, Listen, TlsConfig},
    ecr::Ecr,
    embedded_registry::EmbeddedRegistry,
    embedding,
    grpc::{self, Inherited, Listener},
    ops::{Operations, Ports},
    ports::{Staging, Store},
    registry::{CloudRegistryClient, RegistryClient},
    secrets::Seal,
    service_manager,
    staging::{Stager, StagingPlace},
    store::{PostgresStore, SqliteStore},
};

/// Between two attempts to reach a database.
const RETRY: Duration = Duration::from_secs(1);

/// Everything that keeps the configuration from being served, as far as it can be told without starting.
#[must_use]
pub fn check(config: &Config) -> Vec<anyhow::Error> {
    let key = config.credentials.key_file.as_deref().map(Seal::from_key_file).transpose();
    let data_dir = config.data_dir.clone().map_or_else(default_data_dir, Ok);
    let found = [
        data_dir.map(drop),
        key.map(drop).map_err(Into::into),
        shared_key(config),
        embedding::open(&config.similarity.embedder).map(drop),
        config.tls.as_ref().map(tls).transpose().map(drop),
    ];
    // Each by itself, as the client ends at the first that it cannot use.
    let registries = config.registries.iter().map(|(host, registry)| {
        let alone = BTreeMap::from([(host.clone(), registry.clone())]);
        RegistryClient::new(&alone, config.pull.other_architectures).map(drop)
    });
    let ecr = Ecr::mistakes(&config.ecr).into_iter().map(anyhow::Error::msg);
    found.into_iter().chain(registries).filter_map(Result::err).chain(ecr).collect()
}

/// Builds the service from its configuration and serves until `stop` resolves, on a socket that was handed over if there is one.
pub async fn run(config: Config, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    // First of all, while nothing else runs: it changes the environment.
    let inherited = Inherited::take()?;
    let data_dir = config.data_dir.clone().map_or_else(default_data_dir, Ok)?;
    let listen = listen_address(&config)?;
    shared_key(&config)?;
    let seal = match &config.credentials.key_file {
        Some(file) => Seal::from_key_file(file)?,
        None => Seal::in_data_dir(&data_dir)?,
    };
    let store = open_store(&config.database, &data_dir, Arc::new(seal)).await?;
    let ecr = Arc::new(Ecr::new(&config.ecr)?.staging_in(config.staging.repository.clone()));
    let services_of_ecr = ecr.services(&config.ecr)?;
    let client = RegistryClient::new(&config.registries, config.pull.other_architectures)?;
    let registry = Arc::new(CloudRegistryClient::new(client, ecr));
    let embedded = match config.embeds_registry() {
        true => Some(
            EmbeddedRegistry::start(&config.embedded_registry, &data_dir, config.staging.sweep_grace).await?,
        ),
        false => None,
    };
    let inside = embedded.as_ref().map(|embedded| embedded.repository.clone());
    let (configured, store_id) = (config.staging.repository.clone(), store.id().to_owned());
    let shared = configured.is_some();
    let staging = match configured.or(inside) {
        Some(repository) => Some(Arc::new(Stager::new(
            StagingPlace { repository, store: store_id, shared },
            &config.staging,
            data_dir.join("spool"),
            registry.clone(),
            store.clone(),
        )?) as Arc<dyn Staging>),
        None => None,
    };
    let ports = Ports {
        images: store.clone(),
        locations: store.clone(),
        credentials: store.clone(),
        registry: registry.clone(),
        writer: registry,
        archives: Arc::new(ArchiveReader::new(Limits::default(), config.pull.other_architectures)),
        layout: Arc::new(SaveLayout),
        staging,
        embedder: embedding::open(&config.similarity.embedder)?,
        vectors: store.clone(),
    };
    let operations = Operations::new(ports, &config.pull, &config.staging)?;
    let sweeping = AbortOnDropHandle::new(tokio::spawn(operations.clone().sweep_now_and_then()));
    let indexing = config.similarity.enabled.then(|| tokio::spawn(operations.clone().keep_indexed()));
    let indexing = indexing.map(AbortOnDropHandle::new);

    let tls = config.tls.as_ref().map(tls).transpose()?;
    let remote_plaintext = tls.is_some() || config.allow_remote_plaintext;
    let listener = grpc::bind(inherited, &listen, remote_plaintext).await?;
    let _watchdog = service_manager::ready();
    let stop = service_manager::announced(stop);
    let data_dir = data_dir.display();
    match listener {
        Listener::Unix(listener, made) => {
            // One that was handed over may be elsewhere than the configuration says.
            let bound = listener.local_addr()?.as_pathname().map(|path| Listen::Unix(path.to_owned()));
            let listen = bound.unwrap_or(listen);
            tracing::info!(%listen, %data_dir, "listening on {listen}");
            grpc::serve(operations, services_of_ecr, tls, UnixListenerStream::new(listener), stop).await?;
            made.map(fs::remove_file).transpose()?;
        }
        Listener::Tcp(listener) => {
            let address = listener.local_addr()?;
            tracing::info!(listen = %address, %data_dir, "listening on {address}");
            grpc::serve(operations, services_of_ecr, tls, TcpListenerStream::new(listener), stop).await?;
        }
    }
    drop((sweeping, indexing));
    if let Some(embedded) = embedded {
        embedded.shutdown().await;
    }
    store.close().await;
    Ok(())
}

/// What one service seals in a shared database the others must be able to open.
fn shared_key(config: &Config) -> anyhow::Result<()> {
    let is_missing = config.database.url.is_some() && config.credentials.key_file.is_none();
    anyhow::ensure!(
        !is_missing,
        "credentials.key_file is missing: with database.url all services need one key"
    );
    Ok(())
}

/// The state, in the configured database. One that does not answer is waited for, as it may start together with this service.
async fn open_store(
    config: &DatabaseConfig,
    data_dir: &Path,
    seal: Arc<Seal>,
) -> anyhow::Result<Arc<dyn Store>> {
    let Some(url) = &config.url else { return Ok(Arc::new(SqliteStore::open(data_dir, seal).await?)) };
    let patience = Instant::now() + config.start_timeout;
    loop {
        match PostgresStore::connect(url, config.connections, seal.clone()).await {
            Ok(store) => return Ok(Arc::new(store)),
            Err(error) if error.may_pass() && Instant::now() < patience => {
                tracing::warn!("waiting for the database: {error}");
                tokio::time::sleep(RETRY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn tls(config: &TlsConfig) -> anyhow::Result<ServerTlsConfig> {
    let read =
        |path: &PathBuf| fs::read(path).with_context(|| format!("tls: cannot read {}", path.display()));
    let identity = Identity::from_pem(read(&config.certificate)?, read(&config.key)?);
    let tls = ServerTlsConfig::new().identity(identity);
    Ok(match &config.client_ca {
        Some(authority) => tls.client_ca_root(Certificate::from_pem(read(authority)?)),
        None => tls,
    })
}

/// Where a service with this configuration listens.
pub fn listen_address(config: &Config) -> anyhow::Result<Listen> {
    let data_dir = || config.data_dir.clone().map_or_else(default_data_dir, Ok);
    config.listen.clone().map_or_else(|| Ok(Listen::Unix(data_dir()?.join("image-service.sock"))), Ok)
}

/// The XDG state folder.
fn default_data_dir() -> anyhow::Result<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let state = state.or_else(home).context("no place for the state: give --data-dir, or set HOME")?;
    Ok(state.join("image-service"))
}
