//! Putting a registry together: its settings. Those of a part are with that part or in a file of their own.

mod access;
mod start;

use std::{collections::HashMap, path::PathBuf, time::Duration};

use self::access::Access;
use crate::{
    clock::Clock, data::Switches, durability::Durability, pull_through::UpstreamSecret,
    scan_script::ScanScript, scanning::BasicScanVersion, simulation::Settings, state::Pace, store::Lifetimes,
    wire::Limits,
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
    limits: Limits,
    durability: Durability,
    switches: Switches,
    lifetimes: Lifetimes,
    collect_every: Duration,
    access: Access,
    replication_delay: Duration,
    upstream_endpoints: Vec<(String, String)>,
    upstream_secrets: HashMap<String, UpstreamSecret>,
    public_aliases: Vec<(String, String)>,
    public_in_one_region: bool,
    clock: Clock,
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
            limits: Limits::default(),
            durability: Durability::default(),
            switches: Switches { create_on_push: true, delete: true },
            lifetimes: Lifetimes {
                unused_blob: Duration::from_secs(60 * 60),
                idle_upload: Duration::from_secs(24 * 60 * 60),
            },
            collect_every: Duration::from_secs(10 * 60),
            access: Access::default(),
            replication_delay: Duration::from_secs(1),
            upstream_endpoints: Vec::new(),
            upstream_secrets: HashMap::new(),
            public_aliases: Vec::new(),
            public_in_one_region: true,
            clock: Clock::default(),
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

    /// How many connections there may be; one more is answered with 503. 1024 unless set.
    pub fn connections(mut self, most: u32) -> Self {
        self.limits.connections = most;
        self
    }

    /// How long the head of a request may take, and a connection rest between two. A minute unless set.
    pub fn head_time(mut self, time: Duration) -> Self {
        self.limits.head = time;
        self
    }

    /// How long a client may take nothing of an answer. Five minutes unless set.
    pub fn stall_time(mut self, time: Duration) -> Self {
        self.limits.stall = time;
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

    /// What a change outlives once it was answered. A power cut unless set.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
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
}
