//! `ports::Registry` and `ports::RegistryWriter` over HTTP: each operation picks its registry and hands over.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;

use super::{
    blob,
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
        Access, BlobSource, BlobStream, Placed, Probed, RateLimit, Registry, RegistryWriter, ResolvedImage,
        TagCursor, TagPage,
    },
};

/// A client of all registries; one per process, as it keeps connections, challenges and tokens.
#[derive(Debug)]
pub struct RegistryClient {
    fetcher: Arc<Fetcher>,
    silent: Silent,
    uploads: Uploads,
    other_architectures: bool,
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
        Ok(Self { fetcher, silent: Silent::default(), uploads: Uploads::default(), other_architectures })
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
        let site = self.fetcher.site(&repository.into())?;
        probe::probe(self.view(&site, repository, access), target, &self.silent).await
    }

    async fn resolve(
        &self,
        repository: &Repository,
        target: &Target,
        wanted: &Platform,
        access: &Access,
    ) -> Result<ResolvedImage> {
        let site = self.fetcher.site(&repository.into())?;
        let view = self.view(&site, repository, access);
        resolve::resolve(view, target, wanted, self.other_architectures).await
    }

    async fn manifest(&self, repository: &Repository, target: &Target, access: &Access) -> Result<Manifest> {
        let site = self.fetcher.site(&repository.into())?;
        let (manifest, _) = self.view(&site, repository, access).manifest(target).await?;
        Ok(manifest)
    }

    async fn tags(
        &self,
        repository: &Repository,
        after: Option<&TagCursor>,
        access: &Access,
    ) -> Result<TagPage> {
        let site = self.fetcher.site(&repository.into())?;
        tags::page(self.view(&site, repository, access), after).await
    }

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
        let site = self.fetcher.site(&repository.into())?;
        push::has_blob(self.view(&site, repository, access), digest).await
    }

    async fn put_blob(
        &self,
        repository: &Repository,
        blob: &Descriptor,
        source: &dyn BlobSource,
        mount_from: Option<&Repository>,
        access: &Access,
    ) -> Result<Placed> {
        let site = self.fetcher.site(&repository.into())?;
        let view = self.view(&site, repository, access);
        push::put_blob(view, &self.uploads, blob, source, mount_from).await
    }

    async fn put_manifest(
        &self,
        repository: &Repository,
        target: &Target,
        manifest: &Manifest,
        access: &Access,
    ) -> Result<()> {
        let site = self.fetcher.site(&repository.into())?;
        push::put_manifest(self.view(&site, repository, access), target, manifest).await
    }

    async fn blob(&self, repository: &Repository, blob: &Descriptor, access: &Access) -> Result<BlobStream> {
        let site = self.fetcher.site(&repository.into())?;
        blob::stream(self.view(&site, repository, access), blob).await
    }

    async fn delete_manifest(&self, repository: &Repository, target: &Target, access: &Access) -> Result<()> {
        let site = self.fetcher.site(&repository.into())?;
        push::delete_manifest(self.view(&site, repository, access), target).await
    }
}
