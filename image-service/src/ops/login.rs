//! Credentials: tried at their registry, kept for the callers who may leave them, listed without their secret, forgotten.

use super::Operations;
use crate::{
    error::{Error, Result},
    model::{Credential, Namespace, RegistryHost},
    ports::StoredCredential,
};

/// A credential that a registry has taken.
#[derive(Debug)]
pub struct Login {
    /// What now stands for the credential, if the registry gave one.
    pub identity_token: Option<String>,
    /// Whether it is kept.
    pub is_stored: bool,
}

impl Operations {
    /// Tries a credential and, if it is to stay and the registry takes it, keeps it.
    pub async fn login(
        &self,
        namespace: &Namespace,
        registry: &RegistryHost,
        credential: Option<Credential>,
        stays: bool,
    ) -> Result<Login> {
        let access = self.access_with(namespace, credential);
        let identity_token = self.ports.registry.check(registry, &access).await?;
        let kept = access.credential.filter(|_| stays);
        let is_stored = kept.is_some();
        if let Some(credential) = kept {
            self.keep(namespace, registry, credential, identity_token.as_deref()).await?;
        }
        Ok(Login { identity_token, is_stored })
    }

    /// Keeps a credential, or the token that now stands for it.
    async fn keep(
        &self,
        namespace: &Namespace,
        registry: &RegistryHost,
        credential: Credential,
        identity_token: Option<&str>,
    ) -> Result<()> {
        let kept = match identity_token {
            Some(token) => {
                Credential::IdentityToken { username: credential.username().to_owned(), token: token.into() }
            }
            None => credential,
        };
        self.ports.credentials.put(namespace, registry, &kept).await?;
        tracing::info!(%registry, username = kept.username(), "stored the credentials for {registry}");
        Ok(())
    }

    /// The credentials that are kept, without their secrets.
    pub async fn stored_credentials(&self, namespace: &Namespace) -> Result<Vec<StoredCredential>> {
        self.ports.credentials.list(namespace).await
    }

    /// Drops the credential of a registry.
    pub async fn forget_credential(&self, namespace: &Namespace, registry: &RegistryHost) -> Result<()> {
        if !self.ports.credentials.forget(namespace, registry).await? {
            return Err(Error::CredentialsNotFound { registry: registry.to_string() });
        }
        Ok(())
    }
}
