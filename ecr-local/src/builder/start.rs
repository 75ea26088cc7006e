//! The composition root: from settings to a registry that runs.

use std::{path::Path, sync::Arc};

use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use super::Builder;
use crate::{
    auth::Signer,
    control::ControlPlane,
    data::DataPlane,
    folder::{ClaimError, DataFolder},
    front::Front,
    pull_through::{EndpointError, Endpoints, PullThrough, Secrets},
    replication::Replicator,
    server::Running,
    settings,
    start_error::StartError,
    store::Store,
    wire::Arrivals,
};

impl Builder {
    /// Starts serving. Wants a tokio runtime around it.
    ///
    /// # Errors
    /// If the folder or the address cannot be had, or a script is none.
    pub async fn start(self) -> Result<Running, StartError> {
        let endpoints = Endpoints::read(&self.upstream_endpoints)
            .map_err(|EndpointError(host)| StartError::Endpoint { host })?;
        let listener = self.bind().await?;
        let providers = self.access.providers()?;
        let folder = self.claim()?;
        let fault = unusable(&self.data_dir);
        let signer = Signer::in_file(&folder.token_key()).map_err(|cause| fault(cause.into()))?;
        let store = Store::open(folder, self.durability, self.lifetimes, self.clock.clone(), self.pace)
            .await
            .map_err(|cause| fault(cause.into()))?;
        settings::give_aliases(&store.state, &self.public_aliases).await?;
        let store = Arc::new(store);
        for script in &self.scan_scripts {
            store.keep_script(script).await?;
        }
        let quirks = self.simulation.quirks;
        let (simulation, admin) = self.simulation.begin(&store, self.clock.clone()).await?;
        let verify = self.access.verify_signatures;
        let auth = Arc::new(self.access.into_auth(signer, providers, self.clock.clone()));
        let secrets = Secrets::new(self.upstream_secrets);
        let pull_through = Arc::new(PullThrough::new(Arc::clone(&store), secrets, endpoints));
        let data = DataPlane {
            store: Arc::clone(&store),
            auth: Arc::clone(&auth),
            pull_through: Arc::clone(&pull_through),
            switches: self.switches,
            quirks,
        };
        let replicator = Replicator::new(Arc::clone(&store), self.clock.clone(), self.replication_delay);
        let control = ControlPlane {
            store,
            auth,
            clock: self.clock,
            pull_through,
            replicator: Arc::new(replicator),
            verify,
            public_in_one_region: self.public_in_one_region,
            basic_scan_version: self.basic_scan_version,
        };
        let front = Front { data, control, admin, simulation, running: TaskTracker::new() };
        let listen = self.listen;
        Running::start(Arrivals::new(listener, self.limits), front, self.collect_every)
            .map_err(|cause| StartError::Listen { address: listen, cause })
    }

    fn claim(&self) -> Result<DataFolder, StartError> {
        DataFolder::claim(&self.data_dir).map_err(|error| match error {
            ClaimError::InUse => StartError::InUse { folder: self.data_dir.clone() },
            ClaimError::Io(cause) => unusable(&self.data_dir)(cause.into()),
        })
    }

    async fn bind(&self) -> Result<TcpListener, StartError> {
        let fault = |cause| StartError::Listen { address: self.listen.clone(), cause };
        let listener = TcpListener::bind(&self.listen).await.map_err(fault)?;
        let is_local = listener.local_addr().map_err(fault)?.ip().is_loopback();
        if !is_local && !self.access.suits_network() {
            return Err(StartError::Unprotected { address: self.listen.clone() });
        }
        Ok(listener)
    }
}

fn unusable(folder: &Path) -> impl Fn(Box<dyn std::error::Error + Send + Sync>) -> StartError {
    move |cause| StartError::Folder { folder: folder.to_owned(), cause }
}
