//! `ports::CloudCredentials` for the registries of ECR: their passwords, and repositories that a push has found missing.

use std::time::Duration;

use async_trait::async_trait;

use super::{Ecr, Operation, Place, RegistryToken};
use crate::{
    config::CreateRepository,
    error::{EcrReason, Error, Result},
    model::{Credential, EcrHost, RegistryHost, Repository},
    ports::{CloudCredential, CloudCredentials},
};

#[async_trait]
impl CloudCredentials for Ecr {
    fn knows(&self, registry: &RegistryHost) -> bool {
        match EcrHost::of(registry) {
            Some(EcrHost::Private { .. }) => self.policy.private,
            Some(EcrHost::Public) => self.policy.public,
            None => false,
        }
    }

    fn may_write(&self, registry: &RegistryHost) -> Result<()> {
        if !self.calls().is_read_only(&place_of(registry).unwrap_or_default()) {
            return Ok(());
        }
        let detail = format!("{registry} is read-only to this service's own identity (ecr.read_only)");
        Err(Error::Denied { registry: registry.to_string(), detail })
    }

    async fn credential(&self, registry: &RegistryHost) -> Result<CloudCredential> {
        let token = match place_of(registry) {
            Some(place) => self.tokens().private(&place).await,
            None => self.tokens().public().await,
        };
        token
            .map(|token| to_credential(&token, self.tokens().age(&token)))
            .map_err(|why| unavailable(registry, why))
    }

    fn refused(&self, _registry: &RegistryHost, credential: &CloudCredential) {
        self.tokens().forget(credential.number);
    }

    async fn create_repository(&self, repository: &Repository) -> Result<()> {
        let host = RegistryHost::from(repository);
        let Some(place) = place_of(&host) else {
            return Err(missing(repository, "create it in the registry first"));
        };
        let allowed = match self.policy.create {
            CreateRepository::Never => false,
            CreateRepository::Staging => self.policy.staging.contains(repository),
            CreateRepository::Always => true,
        };
        if !allowed {
            let remedy =
                "create it (aws ecr create-repository), or let this service do so (ecr.create_repository)";
            return Err(missing(repository, remedy));
        }
        let registry_id = self.calls().registry_id(&place).map(|id| id.to_string());
        let made = self.calls().ecr(Operation::CreateRepository, &place, |ecr| {
            let request = ecr.create_repository().repository_name(repository.path());
            request.set_registry_id(registry_id.clone()).send()
        });
        match made.await {
            Ok(_) => {
                tracing::info!(%repository, "made the repository {repository}");
                Ok(())
            }
            Err(Error::Ecr(error)) if error.reason == EcrReason::RepositoryAlreadyExists => Ok(()),
            Err(why) => Err(why),
        }
    }
}

/// Nowhere for the public registry.
fn place_of(registry: &RegistryHost) -> Option<Place> {
    match EcrHost::of(registry)? {
        EcrHost::Private { account, region } => {
            Some(Place { registry_id: Some(account), region: Some(region) })
        }
        EcrHost::Public => None,
    }
}

fn to_credential(token: &RegistryToken, age: Duration) -> CloudCredential {
    let credential =
        Credential::Password { username: token.username.clone(), password: token.password.clone() };
    CloudCredential { credential, number: token.number, age }
}

fn missing(repository: &Repository, remedy: &str) -> Error {
    let detail = format!("the repository {} does not exist: {remedy}", repository.path());
    Error::RepositoryUnknown { repository: repository.familiar(), detail }
}

fn unavailable(registry: &RegistryHost, why: Error) -> Error {
    let (detail, retryable) = match why.root() {
        Error::Ecr(error) => (error.to_string(), error.retryable),
        other => (other.to_string(), false),
    };
    Error::CloudCredentials { registry: registry.to_string(), detail, retryable, cause: why.into() }
}
