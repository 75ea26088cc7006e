//! The state of credentials.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::{
    error::Result,
    model::{Credential, Namespace, RegistryHost},
};

/// A stored credential without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredCredential {
    /// Whose.
    pub registry: RegistryHost,
    /// May be empty.
    pub username: String,
    /// What it is.
    pub kind: CredentialKind,
    /// When it was stored.
    pub updated: OffsetDateTime,
}

/// What a stored credential is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CredentialKind {
    /// User and password.
    Password,
    /// A refresh token.
    IdentityToken,
    /// A bearer token.
    RegistryToken,
}

/// Credentials by registry, sealed at rest.
#[async_trait]
pub trait CredentialStore: Send + Sync + std::fmt::Debug {
    /// The credential of a registry.
    async fn get(&self, namespace: &Namespace, registry: &RegistryHost) -> Result<Option<Credential>>;

    /// Stores one, in place of what was there.
    async fn put(
        &self,
        namespace: &Namespace,
        registry: &RegistryHost,
        credential: &Credential,
    ) -> Result<()>;

    /// All of them, by registry.
    async fn list(&self, namespace: &Namespace) -> Result<Vec<StoredCredential>>;

    /// Drops one; false if there was none.
    async fn forget(&self, namespace: &Namespace, registry: &RegistryHost) -> Result<bool>;
}
