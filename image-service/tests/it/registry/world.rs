//! What every test needs: a client, a registry, somebody who asks.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use fixtures::{
    images::{DOCKER_LIST, Image, index},
    registry::ScriptedRegistry,
};
use image_service::{
    config::RegistryConfig,
    error::{Error, Result},
    model::{Credential, FingerprintKey, Namespace, Platform, RegistryHost, Repository, Target},
    ports::{Access, Registry as _, ResolvedImage},
    registry::{Lookup, Network, RegistryClient, Timer},
};

/// A client, and what it waited for.
pub(super) struct World {
    pub(super) client: RegistryClient,
    pub(super) waits: Waits,
    key: FingerprintKey,
}

/// Waits that took no time.
#[derive(Clone, Debug, Default)]
pub(super) struct Waits(Arc<Mutex<Vec<Duration>>>);

impl Waits {
    pub(super) fn taken(&self) -> Vec<Duration> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Timer for Waits {
    async fn sleep(&self, duration: Duration) {
        self.0.lock().unwrap().push(duration);
    }
}

/// Names that exist in a test only. Of several answers each is given once, the last for ever.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<HashMap<String, VecDeque<IpAddr>>>);

impl Names {
    pub(super) fn of<'a>(names: impl IntoIterator<Item = (&'a str, &'a [&'a str])>) -> Self {
        let names = names.into_iter().map(|(name, addresses)| {
            (name.to_owned(), addresses.iter().map(|address| address.parse().unwrap()).collect())
        });
        Self(Mutex::new(names.collect()))
    }
}

#[async_trait]
impl Lookup for Names {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let mut names = self.0.lock().unwrap();
        let answers = names.get_mut(host).ok_or(io::ErrorKind::NotFound)?;
        let address = if answers.len() > 1 { answers.pop_front() } else { answers.front().copied() };
        Ok(address.into_iter().collect())
    }
}

impl World {
    /// Knows no registry by configuration.
    pub(super) fn new() -> Self {
        Self::with("", Names::default())
    }

    /// With a configuration, as the file has it under `registries`.
    pub(super) fn configured(registries: &str) -> Self {
        Self::with(registries, Names::default())
    }

    pub(super) fn with(registries: &str, names: Names) -> Self {
        Self::on(registries, names, Duration::from_secs(20), false)
    }

    pub(super) fn on(registries: &str, names: Names, stall: Duration, other_architectures: bool) -> Self {
        let config: image_service::config::Config = toml::from_str(registries).unwrap();
        let registries: BTreeMap<RegistryHost, RegistryConfig> = config.registries;
        let waits = Waits::default();
        let network = Network { lookup: Arc::new(names), timer: Arc::new(waits.clone()), stall };
        let client = RegistryClient::on(network, &registries, other_architectures).unwrap();
        Self { client, waits, key: FingerprintKey::random().unwrap() }
    }

    pub(super) fn access(&self, credential: Option<Credential>) -> Access {
        Access { fingerprint: self.key.fingerprint(&Namespace::default(), credential.as_ref()), credential }
    }

    pub(super) fn anonymous(&self) -> Access {
        self.access(None)
    }

    pub(super) fn user(&self, username: &str, password: &str) -> Access {
        self.access(Some(Credential::Password { username: username.into(), password: password.into() }))
    }

    /// Pulls anonymously for linux/amd64.
    pub(super) async fn pull(&self, name: &str) -> Result<ResolvedImage> {
        self.pull_as(name, &self.anonymous()).await
    }

    pub(super) async fn pull_as(&self, name: &str, access: &Access) -> Result<ResolvedImage> {
        self.pull_for(name, "linux/amd64", access).await
    }

    pub(super) async fn pull_for(
        &self,
        name: &str,
        platform: &str,
        access: &Access,
    ) -> Result<ResolvedImage> {
        let (repository, target) = named(name);
        let platform: Platform = platform.parse().unwrap();
        self.client.resolve(&repository, &target, &platform, access).await
    }

    pub(super) async fn probe(&self, name: &str) -> Result<Option<String>> {
        let (repository, target) = named(name);
        let probed = self.client.probe(&repository, &target, &self.anonymous()).await?;
        Ok(probed.map(|probed| probed.digest.to_string()))
    }

    /// The error of a pull that must fail.
    pub(super) async fn failure(&self, name: &str) -> Error {
        self.failure_as(name, &self.anonymous()).await
    }

    pub(super) async fn failure_as(&self, name: &str, access: &Access) -> Error {
        match self.pull_as(name, access).await {
            Ok(image) => panic!("{name} was pulled as {}", image.config_digest),
            Err(error) => error,
        }
    }
}

pub(super) fn named(name: &str) -> (Repository, Target) {
    let reference = name.parse::<image_service::model::Reference>().unwrap().or_latest();
    let target = reference.target().unwrap();
    (reference.repository, target)
}

/// `127.0.0.1:PORT/team/app:v1`
pub(super) fn app(registry: &ScriptedRegistry) -> String {
    format!("{}/team/app:v1", registry.host())
}

pub(super) const MANIFEST: &str = "/v2/team/app/manifests/v1";

/// A registry that has an index tagged v1.
pub(super) async fn multi_platform() -> ScriptedRegistry {
    let registry = ScriptedRegistry::start().await;
    let image = Image::docker("app");
    registry.push_untagged("team/app", &image);
    registry.put_manifest(
        "team/app",
        Some("v1"),
        &index(DOCKER_LIST, &[image.manifest.entry("linux/amd64")]),
    );
    registry
}
