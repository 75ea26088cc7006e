//! The service's identity of its own in a cloud: where a caller brings no credential, and none is stored, that identity asks.
//!
//! Its password is looked up for each request, so that work which takes longer than a password lives goes on. Callers keep the
//! fingerprint of anonymity: at one registry the identity is one and the same, whichever password stands for it.
//!
//! Invariant: where the configuration is read-only, that identity changes nothing; a caller's own credential may.
//! Invariant: a password that the registry refuses, or may refuse as it does not say what it refuses, is replaced once; a refusal of the new one stands.

use std::{sync::Arc, time::Duration};

use super::error;
use crate::{
    error::{Error, Result},
    model::{RegistryHost, Repository},
    ports::{Access, CloudCredential, CloudCredentials},
};

/// A password is good for longer, and what is forbidden does not cost a new one each time.
const SURELY_GOOD: Duration = Duration::from_secs(60);

/// Stands in for callers without a credential, if there is a cloud.
#[derive(Default, Debug)]
pub(super) struct StandIn(pub(super) Option<Arc<dyn CloudCredentials>>);

impl StandIn {
    /// Asks as the caller, or as this service if the caller is nobody and the registry is one of the cloud's.
    pub(super) async fn ask<T, F>(
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
        let Some(cloud) = self.of(&host).filter(|_| access.credential.is_none()) else {
            return ask(access.clone()).await;
        };
        let first = cloud.credential(&host).await?;
        match ask(with(access, &first)).await {
            Err(why) if is_refused(&first, &why) => {
                cloud.refused(&host, &first);
                let second = cloud.credential(&host).await?;
                tracing::info!(registry = %host, "the registry has refused the password: trying a new one");
                ask(with(access, &second)).await
            }
            done => done,
        }
    }

    /// As `ask`; a repository that is missing in the cloud is made, if that is allowed, and the request made once more.
    pub(super) async fn write<T, F>(
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
        match (self.ask(repository, access, &ask).await, self.of(&repository.into())) {
            (Err(why), Some(cloud)) if matches!(why.root(), Error::RepositoryUnknown { .. }) => {
                cloud.create_repository(repository).await?;
                self.ask(repository, access, &ask).await
            }
            (done, _) => done,
        }
    }

    /// Refuses what the configuration does not let this service change in its own name.
    pub(super) fn may_write(&self, repository: &Repository, access: &Access) -> Result<()> {
        let host = RegistryHost::from(repository);
        match self.of(&host).filter(|_| access.credential.is_none()) {
            Some(cloud) => cloud.may_write(&host),
            None => Ok(()),
        }
    }

    /// The cloud, if a registry is one of its.
    fn of(&self, host: &RegistryHost) -> Option<&dyn CloudCredentials> {
        self.0.as_deref().filter(|cloud| cloud.knows(host))
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
