//! `ports::Registry` and `ports::RegistryWriter` over HTTP: each operation picks its registry, and who asks there, and hands over.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;

use super::{
    blob,
    cloud::StandIn,
    endpoint::{Endpoints, Site},
    fetch::Fetcher,
    login,
    manifest::View,
    network::Network,
    probe::{self, Silent},
    push::{self, Uploads},
    resolve, tags,
    transport::Transport,
};
use crate::{
    config::RegistryConfig,
    error::Result,
    model::{Descriptor, Digest, Manifest, Platform, RegistryHost, Repository, Target},
    ports::{
        Access, BlobSource, BlobStream, CloudCredentials, Placed, Probed, RateLimit, Registry,
        RegistryWriter, ResolvedImage, TagCursor, TagPage,
    },
};

/// A client of all registries; one per process, as it keeps connections, challenges and tokens.
#[derive(Debug)]
pub struct RegistryClient {
    fetcher: Arc<Fetcher>,
    silent: Silent,
    uploads: Uploads,
    other_architectures: bool,
    stand_in: StandIn,
}

impl RegistryClient {
    /// With this machine's network. `other_architectures`: whether amd64 may be served by 386, and arm64 by 32-bit arm.
    pub fn new(
        registries: &BTreeMap<RegistryHost, RegistryConfig>,
        other_architectures: bool,
    ) -> anyhow::Result<Self> {
        Self::on(Network::default(), registries, other_architectures)
    }

    /// With a network of the caller's choice.
    pub fn on(
        network: Network,
        registries: &BTreeMap<RegistryHost, RegistryConfig>,
        other_architectures: bool,
    ) -> anyhow::Result<Self> {
        let endpoints = Endpoints::new(registries)?;
        let transport = Transport::new(network, endpoints.authorities().to_vec());
        let fetcher = Arc::new(Fetcher::new(endpoints, transport));
        let (silent, uploads, stand_in) = (Silent::default(), Uploads::default(), StandIn::default());
        Ok(Self { fetcher, silent, uploads, other_architectures, stand_in })
    }

    /// With an identity in a cloud, which stands in for callers without a credential.
    #[must_use]
    pub fn with_identity(self, cloud: Arc<dyn CloudCredentials>) -> Self {
        Self { stand_in: StandIn(Some(cloud)), ..self }
    }

    fn view<'a>(&'a self, site: &'a Site, repository: &'a Repository, access: &'a Access) -> View<'a> {
        View { fetcher: &self.fetcher, site, repository, caller: access.into() }
    }
}

#[async_trait]
impl Registry for RegistryClient {
    async fn probe(
        &self,
        repository: &Repository,
        target: &Target,
        access: &Access,
    ) -> Result<Option<Probed>> {
        let site = &self.fetcher.site(&repository.into())?;
        let ask = |access| async move {
            probe::probe(self.view(site, repository, &access), target, &self.silent).await
        };
        self.stand_in.ask(repository, access, ask).await
    }

    async fn resolve(
        &self,
        repository: &Repository,
        target: &Target,
        wanted: &Platform,
        access: &Access,
    ) -> Result<ResolvedImage> {
        let site = &self.fetcher.site(&repository.into())?;
        let ask = |access| async move {
            let view = self.view(site, repository, &access);
            resolve::resolve(view, target, wanted, self.other_architectures).await
        };
        self.stand_in.ask(repository, access, ask).await
    }

    async fn manifest(&self, repository: &Repository, target: &Target, access: &Access) -> Result<Manifest> {
        let site = &self.fetcher.site(&repository.into())?;
        let ask = |access| async move { self.view(site, repository, &access).manifest(target).await };
        let (manifest, _) = self.stand_in.ask(repository, access, ask).await?;
        Ok(manifest)
    }

    async fn tags(
        &self,
        repository: &Repository,
        after: Option<&TagCursor>,
        access: &Access,
    ) -> Result<TagPage> {
        let site = &self.fetcher.site(&repository.into())?;
        let ask = |access| async move { tags::page(self.view(site, repository, &access), after).await };
        self.stand_in.ask(repository, access, ask).await
    }

    /// Tries what the caller brings, and nothing else.
    async fn check(&self, host: &RegistryHost, access: &Access) -> Result<Option<String>> {
        let site = self.fetcher.site(host)?;
        login::check(&self.fetcher, &site.origin, access.into()).await
    }

    fn rate_limits(&self) -> Vec<RateLimit> {
        self.fetcher.delivery.limits.all()
    }
}

#[async_trait]
impl RegistryWriter for RegistryClient {
    async fn has_blob(&self, repository: &Repository, digest: &Digest, access: &Access) -> Result<bool> {
        let site = &self.fetcher.site(&repository.into())?;
        let ask = |access| async move { push::has_blob(self.view(site, repository, &access), digest).await };
        self.stand_in.ask(repository, access, ask).await
    }

    async fn put_blob(
        &self,
        repository: &Repository,
        blob: &Descriptor,
        source: &dyn BlobSource,
        mount_from: Option<&Repository>,
        access: &Access,
    ) -> Result<Placed> {
        let site = &self.fetcher.site(&repository.into())?;
        let put = |access| async move {
            let view = self.view(site, repository, &access);
            push::put_blob(view, &self.uploads, blob, source, mount_from).await
        };
        self.stand_in.write(repository, access, put).await
    }

    async fn put_manifest(
        &self,
        repository: &Repository,
        target: &Target,
        manifest: &Manifest,
        access: &Access,
    ) -> Result<()> {
        let site = &self.fetcher.site(&repository.into())?;
        let put = |access| async move {
            push::put_manifest(self.view(site, repository, &access), target, manifest).await
        };
        self.stand_in.write(repository, access, put).await
    }

    async fn blob(&self, repository: &Repository, blob: &Descriptor, access: &Access) -> Result<BlobStream> {
        let site = &self.fetcher.site(&repository.into())?;
        let ask = |access| async move { blob::stream(self.view(site, repository, &access), blob).await };
        self.stand_in.ask(repository, access, ask).await
    }

    async fn delete_manifest(&self, repository: &Repository, target: &Target, access: &Access) -> Result<()> {
        self.stand_in.may_write(repository, access)?;
        let site = &self.fetcher.site(&repository.into())?;
        let delete =
            |access| async move { push::delete_manifest(self.view(site, repository, &access), target).await };
        self.stand_in.ask(repository, access, delete).await
    }
}
