//! Registries of a cloud in which this service has an identity of its own: it gets its own passwords there, and makes repositories.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    error::Result,
    model::{Credential, RegistryHost, Repository},
};

/// A password that a cloud has issued.
#[derive(Clone, Debug)]
pub struct CloudCredential {
    /// For the registry, or for its token endpoint.
    pub credential: Credential,
    /// No other password of this process has the same number.
    pub number: u64,
    /// How long ago it was issued.
    pub age: Duration,
}

/// Passwords for the registries of a cloud.
#[async_trait]
pub trait CloudCredentials: Send + Sync + std::fmt::Debug {
    /// Whether a registry belongs to the cloud. Told by the name alone; nobody is asked.
    fn knows(&self, registry: &RegistryHost) -> bool;

    /// Refuses with `Denied` if the configuration lets nothing be changed at a registry in this service's own name.
    fn may_write(&self, registry: &RegistryHost) -> Result<()>;

    /// A password that is good now, or `CloudCredentials`. Those who ask at the same time share one request.
    async fn credential(&self, registry: &RegistryHost) -> Result<CloudCredential>;

    /// The registry has refused a password: the next one is new, unless it was replaced in between.
    fn refused(&self, registry: &RegistryHost, credential: &CloudCredential);

    /// Makes a repository that a push has found missing; `RepositoryUnknown` with the remedy if that is not allowed.
    async fn create_repository(&self, repository: &Repository) -> Result<()>;
}
