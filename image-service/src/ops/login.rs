//! Credentials: tried at their registry, kept, listed without their secret, forgotten.

use super::Operations;
use crate::{
    error::{Error, Result},
    model::{Credential, Namespace, RegistryHost},
    ports::StoredCredential,
};

impl Operations {
    /// Tries a credential and keeps it if the registry takes it. Answers with the identity token that now stands for it, if the registry gave one.
    pub async fn login(
        &self,
        namespace: &Namespace,
        registry: &RegistryHost,
        credential: Option<Credential>,
    ) -> Result<Option<String>> {
        let access = self.access_with(namespace, credential);
        let token = self.ports.registry.check(registry, &access).await?;
        let Some(credential) = access.credential else { return Ok(token) };
        let kept = match &token {
            Some(token) => Credential::IdentityToken {
                username: credential.username().to_owned(),
                token: token.as_str().into(),
            },
            None => credential,
        };
        self.ports.credentials.put(namespace, registry, &kept).await?;
        tracing::info!(%registry, username = kept.username(), "stored the credentials for {registry}");
        Ok(token)
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
