//! The composition root: the only file that names concrete adapters. What it builds from files and names, `check` builds as well, so that a
//! configuration that passes the check can be served.

mod reload;
pub mod state;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serving::{Inherited, Shutdown, service_manager};
use tokio_util::task::AbortOnDropHandle;

use self::reload::Reloading;
pub use self::reload::Reread;
use crate::{
    archive::{ArchiveReader, Limits, SaveLayout},
    config::{Config, Listen, PullConfig},
    ecr::Ecr,
    embedded_registry::EmbeddedRegistry,
    embedding,
    grpc::{self, Door, Identities},
    model::{Namespace, Repository},
    ops::{Operations, Ports},
    ports::Staging,
    registry::RegistryClient,
    staging::{Stager, StagingPlace},
};

/// Everything that keeps the configuration from being served, as far as it can be told without starting.
#[must_use]
pub fn check(config: &Config) -> Vec<anyhow::Error> {
    let found = [
        config.check_namespaces(),
        embedding::open(&config.similarity.embedder).map(drop),
        Identities::check(&config.access),
        config
            .tls
            .as_ref()
            .map(|tls| Door::check(tls, config.access.token_file.is_some()))
            .transpose()
            .map(drop),
    ];
    // Each by itself, as the client ends at the first that it cannot use.
    let registries = config.registries.iter().map(|(host, registry)| {
        let alone = BTreeMap::from([(host.clone(), registry.clone())]);
        RegistryClient::new(&alone, config.pull.other_architectures).map(drop)
    });
    let access = config.access.mistakes(config.tls.as_ref());
    let told = Ecr::mistakes(&config.ecr).into_iter().chain(access).map(anyhow::Error::msg);
    let found = found.into_iter().chain(registries).filter_map(Result::err);
    state::check(config).chain(found).chain(told).collect()
}

/// Builds the service from its configuration and serves until it is told to end, on the socket that was handed over if there is one. On SIGHUP
/// `reread` says who may call from then on.
pub async fn run(
    config: Config,
    reread: Reread,
    inherited: Inherited,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let data_dir = state::data_dir(&config)?;
    let listen = listen_address(&config)?;
    if let Some(mistake) = config.access.mistakes(config.tls.as_ref()).first() {
        anyhow::bail!("{mistake}");
    }
    config.check_namespaces()?;
    let (reloading, identities) = Reloading::start(&config, reread)?;
    let reloading = reloading.on_hangup()?;
    let store = state::open(&config).await?;
    store.open_keys().await?;
    let ecr = Arc::new(Ecr::new(&config.ecr)?.staging_in(staging_repositories(&config)?));
    let services_of_ecr = ecr.services(&config.ecr)?;
    let pull = match &config.pull.task_definition {
        Some(definition) => {
            PullConfig { platform: ecr.platform_of_tasks(definition).await?, ..config.pull.clone() }
        }
        None => config.pull.clone(),
    };
    let registry = RegistryClient::new(&config.registries, config.pull.other_architectures)?;
    let registry = Arc::new(registry.with_identity(ecr));
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
        Some(repository) => {
            let places = config.staging_places(&repository)?;
            let place = StagingPlace { repository, store: store_id, shared };
            let spool = data_dir.join("spool");
            in_places(&Stager::new(place, &config.staging, spool, registry.clone(), store.clone())?, places)
        }
        None => HashMap::new(),
    };
    let ports = Ports {
        images: store.clone(),
        locations: store.clone(),
        credentials: store.clone(),
        keys: store.clone(),
        events: store.clone(),
        registry: registry.clone(),
        writer: registry,
        archives: Arc::new(ArchiveReader::new(Limits::default(), config.pull.other_architectures)),
        layout: Arc::new(SaveLayout),
        staging,
        embedder: embedding::open(&config.similarity.embedder)?,
        vectors: store.clone(),
    };
    let operations = Operations::new(ports, &pull, &config.staging)?;
    let resealing = AbortOnDropHandle::new(tokio::spawn(operations.clone().finish_rotation()));
    operations.measure_budgets(config.access.namespaces());
    let sweeping = AbortOnDropHandle::new(tokio::spawn(operations.clone().sweep_now_and_then()));
    let upkeep = operations.clone().sweep_events_now_and_then(config.events);
    let upkeep = AbortOnDropHandle::new(tokio::spawn(upkeep));
    let is_shared = config.database.url.is_some();
    let listening = is_shared.then(|| tokio::spawn(operations.clone().listen_to_others()));
    let listening = listening.map(AbortOnDropHandle::new);
    let indexing = config.similarity.enabled.then(|| tokio::spawn(operations.clone().keep_indexed()));
    let indexing = indexing.map(AbortOnDropHandle::new);

    let door = Door::open(&config, inherited, &listen).await?;
    let _watchdog = service_manager::ready();
    let (listen, data_dir) = (door.place()?, data_dir.display());
    tracing::info!(listen, %data_dir, "listening on {listen}");
    let asked = async {
        shutdown.is_asked().await;
        service_manager::stopping();
    };
    let (caller, urged) = ((identities, door), shutdown.is_urged());
    grpc::serve(operations.clone(), services_of_ecr, caller, &config.serving, asked, urged).await?;
    drop((resealing, sweeping, upkeep, listening, indexing, reloading));
    let ended = async {
        operations.all_noted().await;
        if let Some(embedded) = embedded {
            embedded.shutdown().await;
        }
        store.close().await;
    };
    tokio::select! {
        () = ended => {}
        () = shutdown.is_urged() => {}
    }
    Ok(())
}

/// Where gRPC is served.
pub fn listen_address(config: &Config) -> anyhow::Result<Listen> {
    match &config.listen {
        Some(listen) => Ok(listen.clone()),
        None => Ok(Listen::Unix(state::data_dir(config)?.join("image-service.sock"))),
    }
}

/// Those that the configuration names.
fn staging_repositories(config: &Config) -> anyhow::Result<Vec<Repository>> {
    let Some(base) = &config.staging.repository else { return Ok(Vec::new()) };
    Ok(config.staging_places(base)?.into_iter().map(|(_, repository)| repository).collect())
}

/// One stager for each namespace, all within the same limits.
fn in_places(stager: &Stager, places: Vec<(Namespace, Repository)>) -> HashMap<Namespace, Arc<dyn Staging>> {
    let stager_in = |repository| Arc::new(stager.beside(repository)) as Arc<dyn Staging>;
    places.into_iter().map(|(namespace, repository)| (namespace, stager_in(repository))).collect()
}
