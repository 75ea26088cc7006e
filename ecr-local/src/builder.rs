//! Putting a registry together.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::{
    auth::{AccessKey, AccessKeys, Auth, Challenge, Signer, Trusts, Users},
    clock::Clock,
    control::ControlPlane,
    data::{DataPlane, Switches},
    folder::{ClaimError, DataFolder},
    front::Front,
    pull_through::{EndpointError, Endpoints, PullThrough, Secrets, UpstreamSecret},
    replication::Replicator,
    scan_script::ScanScript,
    scanning::BasicScanVersion,
    server::Running,
    settings,
    simulation::Settings,
    start_error::StartError,
    state::Pace,
    store::{Lifetimes, Store},
};

/// A local registry.
#[derive(Clone, Copy, Debug)]
pub struct EcrLocal;

/// The settings of a registry.
#[derive(Debug)]
#[must_use]
pub struct Builder {
    data_dir: PathBuf,
    listen: String,
    switches: Switches,
    lifetimes: Lifetimes,
    collect_every: Duration,
    users: Vec<(String, SecretString)>,
    access_keys: Vec<AccessKey>,
    verify_signatures: bool,
    replication_delay: Duration,
    upstream_endpoints: Vec<(String, String)>,
    upstream_secrets: HashMap<String, UpstreamSecret>,
    trusts: Vec<(String, String)>,
    identity_providers: Vec<(String, String)>,
    identity_clients: Vec<(String, String)>,
    public_aliases: Vec<(String, String)>,
    public_in_one_region: bool,
    clock: Clock,
    challenge: Challenge,
    token_lifetime: Duration,
    allow_anyone: bool,
    pace: Pace,
    basic_scan_version: BasicScanVersion,
    scan_scripts: Vec<ScanScript>,
    pub(crate) simulation: Settings,
}

impl EcrLocal {
    /// A registry with everything in one folder, which is made if it is missing. Everyone on this machine may use it.
    pub fn builder(data_dir: impl Into<PathBuf>) -> Builder {
        Builder {
            data_dir: data_dir.into(),
            listen: "127.0.0.1:0".to_owned(),
            switches: Switches { create_on_push: true, delete: true },
            lifetimes: Lifetimes {
                unused_blob: Duration::from_secs(60 * 60),
                idle_upload: Duration::from_secs(24 * 60 * 60),
            },
            collect_every: Duration::from_secs(10 * 60),
            users: Vec::new(),
            access_keys: Vec::new(),
            verify_signatures: true,
            replication_delay: Duration::from_secs(1),
            upstream_endpoints: Vec::new(),
            upstream_secrets: HashMap::new(),
            trusts: Vec::new(),
            identity_providers: Vec::new(),
            identity_clients: Vec::new(),
            public_aliases: Vec::new(),
            public_in_one_region: true,
            clock: Clock::default(),
            challenge: Challenge::default(),
            token_lifetime: Duration::from_secs(5 * 60),
            allow_anyone: false,
            pace: Pace { scan: Duration::from_secs(5), restore: Duration::from_secs(60) },
            basic_scan_version: BasicScanVersion::default(),
            scan_scripts: Vec::new(),
            simulation: Settings::default(),
        }
    }
}

impl Builder {
    /// `HOST:PORT`; port 0 takes a free one. `127.0.0.1:0` unless set.
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = address.into();
        self
    }

    /// Whether a push makes the repository that it is for. It does unless set.
    pub fn create_on_push(mut self, create: bool) -> Self {
        self.switches.create_on_push = create;
        self
    }

    /// Whether manifests, tags and blobs can be deleted. They can unless set.
    pub fn allow_delete(mut self, allow: bool) -> Self {
        self.switches.delete = allow;
        self
    }

    /// Somebody who may do everything. With the first user, nobody else may do anything.
    pub fn user(mut self, name: impl Into<String>, password: SecretString) -> Self {
        self.users.push((name.into(), password));
        self
    }

    /// Somebody who may do everything in the registries of an account of twelve digits: by signed calls, and by the passwords that these
    /// get. With the first key, nobody else may do anything.
    pub fn access_key(
        mut self,
        id: impl Into<String>,
        secret: SecretString,
        account: impl Into<String>,
    ) -> Self {
        self.access_keys.push(AccessKey { id: id.into(), secret, account: account.into() });
        self
    }

    /// Whether calls must be signed by an access key, if there is one. They must unless set.
    pub fn verify_signatures(mut self, verify: bool) -> Self {
        self.verify_signatures = verify;
        self
    }

    /// How long an image is on its way to another registry, in whole seconds. One second unless set.
    pub fn replication_delay(mut self, delay: Duration) -> Self {
        self.replication_delay = delay;
        self
    }

    /// Where the host of an upstream registry, or of its tokens, really is: `http://HOST:PORT` or `https://HOST:PORT`. It is asked there under
    /// its own name.
    pub fn upstream_endpoint(mut self, host: impl Into<String>, address: impl Into<String>) -> Self {
        self.upstream_endpoints.push((host.into(), address.into()));
        self
    }

    /// A secret of Secrets Manager: by its name (`ecr-pullthroughcache/…`) for every account, or by its ARN for one. There are no others.
    pub fn upstream_secret(mut self, name: impl Into<String>, secret: UpstreamSecret) -> Self {
        self.upstream_secrets.insert(name.into(), secret);
        self
    }

    /// Lets an account, or whoever has a token of an issuer, assume a role, which is named by its ARN. Roles are assumed by their own account
    /// anyway, and by everyone where everyone may do everything.
    pub fn trust(mut self, role: impl Into<String>, principal: impl Into<String>) -> Self {
        self.trusts.push((role.into(), principal.into()));
        self
    }

    /// Somebody who issues web identity tokens, with the keys (RFC 7517) that sign them. Their subject (`sub`) is not evaluated.
    pub fn identity_provider(mut self, issuer: impl Into<String>, keys: impl Into<String>) -> Self {
        self.identity_providers.push((issuer.into(), keys.into()));
        self
    }

    /// Takes of the tokens of an issuer only those for a client (`aud`), or for another one that is given. For all, if there is none.
    pub fn identity_client(mut self, issuer: impl Into<String>, client: impl Into<String>) -> Self {
        self.identity_clients.push((issuer.into(), client.into()));
        self
    }

    /// Gives the public registry of an account an alias, for good: `public.ecr.aws/ALIAS`. It has a default one from its first repository on.
    pub fn public_alias(mut self, account: impl Into<String>, alias: impl Into<String>) -> Self {
        self.public_aliases.push((account.into(), alias.into()));
        self
    }

    /// Whether calls of ECR Public are refused outside of us-east-1. They are unless set.
    pub fn public_in_one_region(mut self, only: bool) -> Self {
        self.public_in_one_region = only;
        self
    }

    /// What time it is. The system's time unless set.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// How clients are told to identify themselves, if there are users.
    pub fn challenge(mut self, challenge: Challenge) -> Self {
        self.challenge = challenge;
        self
    }

    /// How long a token is good for. Five minutes unless set.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// Without users, and where other machines can reach it, a registry does not start unless this is set.
    pub fn allow_anyone(mut self, allow: bool) -> Self {
        self.allow_anyone = allow;
        self
    }

    /// How long a blob is kept that no manifest refers to, since a client was last told that it is there. An hour unless set.
    pub fn keep_unused_blobs(mut self, time: Duration) -> Self {
        self.lifetimes.unused_blob = time;
        self
    }

    /// How long an upload is kept that gets nothing. A day unless set.
    pub fn keep_idle_uploads(mut self, time: Duration) -> Self {
        self.lifetimes.idle_upload = time;
        self
    }

    /// How often garbage is collected, which is also done at the start. Every ten minutes unless set.
    pub fn collect_every(mut self, time: Duration) -> Self {
        self.collect_every = time;
        self
    }

    /// How long the scan of an image takes. Five seconds unless set.
    pub fn scan_time(mut self, time: Duration) -> Self {
        self.pace.scan = time;
        self
    }

    /// How long it takes to bring an image back from the archive. A minute unless set; with ECR it is up to twenty.
    pub fn restore_time(mut self, time: Duration) -> Self {
        self.pace.restore = time;
        self
    }

    /// Which basic scanning registries have that did not choose one. The newer one unless set.
    pub fn basic_scan_version(mut self, version: BasicScanVersion) -> Self {
        self.basic_scan_version = version;
        self
    }

    /// What scans come to, kept at the start. They find nothing unless this is set.
    pub fn scan_script(mut self, script: ScanScript) -> Self {
        self.scan_scripts.push(script);
        self
    }

    /// Starts serving. Wants a tokio runtime around it.
    ///
    /// # Errors
    /// If the folder or the address cannot be had, or a script is none.
    pub async fn start(self) -> Result<Running, StartError> {
        let endpoints = Endpoints::read(&self.upstream_endpoints)
            .map_err(|EndpointError(host)| StartError::Endpoint { host })?;
        let listener = self.bind().await?;
        let providers = settings::identity_providers(&self.identity_providers)?;
        settings::check_clients(&self.identity_clients, &providers)?;
        let folder = DataFolder::claim(&self.data_dir).map_err(|error| match error {
            ClaimError::InUse => StartError::InUse { folder: self.data_dir.clone() },
            ClaimError::Io(cause) => unusable(&self.data_dir)(cause.into()),
        })?;
        let fault = unusable(&self.data_dir);
        let signer = Signer::in_file(&folder.token_key()).map_err(|cause| fault(cause.into()))?;
        let store = Store::open(folder, self.lifetimes, self.clock.clone(), self.pace)
            .await
            .map_err(|cause| fault(cause.into()))?;
        settings::give_aliases(&store.state, &self.public_aliases).await?;
        let store = Arc::new(store);
        for script in &self.scan_scripts {
            store.keep_script(script).await?;
        }
        let quirks = self.simulation.quirks;
        let (simulation, admin) = self.simulation.begin(&store, self.clock.clone()).await?;
        let auth = Arc::new(Auth {
            users: Users::new(&signer, &self.users),
            access_keys: AccessKeys::new(self.access_keys),
            trusts: Trusts { pairs: self.trusts, providers, clients: self.identity_clients },
            signer,
            challenge: self.challenge,
            token_lifetime: self.token_lifetime,
            clock: self.clock.clone(),
        });
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
            verify: self.verify_signatures,
            public_in_one_region: self.public_in_one_region,
            basic_scan_version: self.basic_scan_version,
        };
        let front = Front { data, control, admin, simulation, running: TaskTracker::new() };
        let listen = self.listen.clone();
        Running::start(listener, front, self.collect_every)
            .map_err(|cause| StartError::Listen { address: listen, cause })
    }

    /// Whether nobody comes in without a password or a signature.
    fn is_closed(&self) -> bool {
        self.verify_signatures && !(self.users.is_empty() && self.access_keys.is_empty())
    }

    async fn bind(&self) -> Result<TcpListener, StartError> {
        let fault = |cause| StartError::Listen { address: self.listen.clone(), cause };
        let listener = TcpListener::bind(&self.listen).await.map_err(fault)?;
        let is_local = listener.local_addr().map_err(fault)?.ip().is_loopback();
        if !is_local && !self.is_closed() && !self.allow_anyone {
            return Err(StartError::Unprotected { address: self.listen.clone() });
        }
        Ok(listener)
    }
}

fn unusable(folder: &Path) -> impl Fn(Box<dyn std::error::Error + Send + Sync>) -> StartError {
    move |cause| StartError::Folder { folder: folder.to_owned(), cause }
}
