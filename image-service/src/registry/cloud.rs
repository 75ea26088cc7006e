//! The registry client with an identity of its own in a cloud: where a caller brings no credential, and none is stored, that identity asks.
//!
//! Its password is looked up for each request, so that work which takes longer than a password lives goes on. Callers keep the
//! fingerprint of anonymity: at one registry the identity is one and the same, whichever password stands for it.
//!
//! Invariant: where the configuration is read-only, that identity changes nothing; a caller's own credential may.
//! Invariant: a password that the registry refuses, or may refuse as it does not say what it refuses, is replaced once; a refusal of the new one stands.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{RegistryClient, error};
use crate::{
    error::{Error, Result},
    model::{Descriptor, Digest, Manifest, Platform, RegistryHost, Repository, Target},
    ports::{
        Access, BlobSource, BlobStream, CloudCredential, CloudCredentials, Placed, Probed, RateLimit,
        Registry, RegistryWriter, ResolvedImage, TagCursor, TagPage,
    },
};

/// A password is good for longer, and what is forbidden does not cost a new one each time.
const SURELY_GOOD: Duration = Duration::from_secs(60);

/// A registry client that stands in for callers without a credential.
#[derive(Debug)]
pub struct CloudRegistryClient {
    client: RegistryClient,
    cloud: Arc<dyn CloudCredentials>,
}

impl CloudRegistryClient {
    /// Around a client.
    pub fn new(client: RegistryClient, cloud: Arc<dyn CloudCredentials>) -> Self {
        Self { client, cloud }
    }

    /// Asks as the caller, or as this service if the caller is nobody and the registry is one of the cloud's.
    async fn ask<T, F>(
        &self,
        repository: &Repository,
        access: &Access,
        ask: impl Fn(Access) -> F + Send + Sync,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send,
        T: Send,
    {
        let host = RegistryHost::from(repository);
        if access.credential.is_some() || !self.cloud.knows(&host) {
            return ask(access.clone()).await;
        }
        let first = self.cloud.credential(&host).await?;
        match ask(with(access, &first)).await {
            Err(why) if is_refused(&first, &why) => {
                self.cloud.refused(&host, &first);
                let second = self.cloud.credential(&host).await?;
                tracing::info!(registry = %host, "the registry has refused the password: trying a new one");
                ask(with(access, &second)).await
            }
            done => done,
        }
    }

    /// As `ask`; a repository that is missing in the cloud is made, if that is allowed, and the request made once more.
    async fn write<T, F>(
        &self,
        repository: &Repository,
        access: &Access,
        ask: impl Fn(Access) -> F + Send + Sync,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send,
        T: Send,
    {
        self.may_write(repository, access)?;
        match self.ask(repository, access, &ask).await {
            Err(why)
                if matches!(why.root(), Error::RepositoryUnknown { .. })
                    && self.cloud.knows(&RegistryHost::from(repository)) =>
            {
                self.cloud.create_repository(repository).await?;
                self.ask(repository, access, &ask).await
            }
            done => done,
        }
    }

    fn may_write(&self, repository: &Repository, access: &Access) -> Result<()> {
        let host = RegistryHost::from(repository);
        match access.credential.is_none() && self.cloud.knows(&host) {
            true => self.cloud.may_write(&host),
            false => Ok(()),
        }
    }
}

/// ECR says 403 of a password whose time is over, and of what may not be done; which of them is in the body, and a HEAD has none.
fn is_refused(password: &CloudCredential, why: &Error) -> bool {
    matches!(why.root(), Error::CredentialsRejected { .. })
        || (password.age > SURELY_GOOD && error::is_wordless(why))
}

fn with(access: &Access, cloud: &CloudCredential) -> Access {
    Access { credential: Some(cloud.credential.clone()), fingerprint: access.fingerprint }
}

#[async_trait]
impl Registry for CloudRegistryClient {
    async fn probe(
        &self,
        repository: &Repository,
        target: &Target,
        access: &Access,
    ) -> Result<Option<Probed>> {
        self.ask(
            repository,
            access,
            |access| async move { self.client.probe(repository, target, &access).await },
        )
        .await
    }

    async fn resolve(
        &self,
        repository: &Repository,
        target: &Target,
        wanted: &Platform,
        access: &Access,
    ) -> Result<ResolvedImage> {
        self.ask(repository, access, |access| async move {
            self.client.resolve(repository, target, wanted, &access).await
        })
        .await
    }

    async fn manifest(&self, repository: &Repository, target: &Target, access: &Access) -> Result<Manifest> {
        self.ask(repository, access, |access| async move {
            self.client.manifest(repository, target, &access).await
        })
        .await
    }

    async fn tags(
        &self,
        repository: &Repository,
        after: Option<&TagCursor>,
        access: &Access,
    ) -> Result<TagPage> {
        self.ask(
            repository,
            access,
            |access| async move { self.client.tags(repository, after, &access).await },
        )
        .await
    }

    /// Tries what the caller brings, and nothing else.
    async fn check(&self, host: &RegistryHost, access: &Access) -> Result<Option<String>> {
        self.client.check(host, access).await
    }

    fn rate_limits(&self) -> Vec<RateLimit> {
        self.client.rate_limits()
    }
}

#[async_trait]
impl RegistryWriter for CloudRegistryClient {
    async fn has_blob(&self, repository: &Repository, digest: &Digest, access: &Access) -> Result<bool> {
        self.ask(repository, access, |access| async move {
            self.client.has_blob(repository, digest, &access).await
        })
        .await
    }

    async fn put_blob(
        &self,
        repository: &Repository,
        blob: &Descriptor,
        source: &dyn BlobSource,
        mount_from: Option<&Repository>,
        access: &Access,
    ) -> Result<Placed> {
        self.write(repository, access, |access| async move {
            self.client.put_blob(repository, blob, source, mount_from, &access).await
        })
        .await
    }

    async fn put_manifest(
        &self,
        repository: &Repository,
        target: &Target,
        manifest: &Manifest,
        access: &Access,
    ) -> Result<()> {
        self.write(repository, access, |access| async move {
            self.client.put_manifest(repository, target, manifest, &access).await
        })
        .await
    }

    async fn blob(&self, repository: &Repository, blob: &Descriptor, access: &Access) -> Result<BlobStream> {
        self.ask(
            repository,
            access,
            |access| async move { self.client.blob(repository, blob, &access).await },
        )
        .await
    }

    async fn delete_manifest(&self, repository: &Repository, target: &Target, access: &Access) -> Result<()> {
        self.may_write(repository, access)?;
        self.ask(repository, access, |access| async move {
            self.client.delete_manifest(repository, target, &access).await
        })
        .await
    }
}
