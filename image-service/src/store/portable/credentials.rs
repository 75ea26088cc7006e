//! The port for credentials: secrets are sealed before they reach a statement.
//!
//! Invariant: a sealed secret opens only in its own row: namespace, registry, kind and user name are part of the seal.

use async_trait::async_trait;
use secrecy::SecretString;

use super::{Connection, Store, change::Change, events};
use crate::{
    error::{Error, Result},
    model::{Credential, EventAction, Namespace, RegistryHost},
    ports::{CredentialKind, CredentialStore, StoredCredential},
    store::encoding::{now_text, read, read_time},
};

#[async_trait]
impl CredentialStore for Store {
    async fn get(&self, namespace: &Namespace, registry: &RegistryHost) -> Result<Option<Credential>> {
        let select = "SELECT username, kind, sealed FROM credentials WHERE namespace = $1 AND registry = $2";
        let query = sqlx::query_as(select).bind(namespace.as_str()).bind(registry.as_str());
        let row: Option<(String, String, Vec<u8>)> = query.fetch_optional(&self.reader).await?;
        let Some((username, kind, sealed)) = row else { return Ok(None) };
        let kind = read_kind(&kind)?;
        let place = place(namespace, registry, kind, &username);
        let secret = self
            .sealer
            .open(&place, &sealed)
            .ok_or_else(|| Error::CredentialsUnreadable { registry: registry.to_string() })?;
        Ok(Some(credential(kind, username, secret)))
    }

    async fn put(
        &self,
        namespace: &Namespace,
        registry: &RegistryHost,
        credential: &Credential,
    ) -> Result<()> {
        let (kind, secret) = parts(credential);
        if credential.username().contains('\0') {
            return Err(Error::Argument("a user name has no character 0".to_owned()));
        }
        let place = place(namespace, registry, kind, credential.username());
        self.commit(PutCredential {
            namespace: namespace.clone(),
            registry: registry.clone(),
            username: credential.username().to_owned(),
            kind,
            sealed: self.sealer.seal(&place, secret)?,
        })
        .await
    }

    async fn list(&self, namespace: &Namespace) -> Result<Vec<StoredCredential>> {
        let select = "SELECT registry, username, kind, updated FROM credentials \
             WHERE namespace = $1 ORDER BY registry";
        let query = sqlx::query_as(select).bind(namespace.as_str());
        let rows: Vec<(String, String, String, String)> = query.fetch_all(&self.reader).await?;
        let read = |(registry, username, kind, updated): (String, _, String, String)| {
            let (registry, kind) = (read(&registry)?, read_kind(&kind)?);
            Ok(StoredCredential { registry, username, kind, updated: read_time(&updated)? })
        };
        rows.into_iter().map(read).collect()
    }

    async fn forget(&self, namespace: &Namespace, registry: &RegistryHost) -> Result<bool> {
        self.commit(ForgetCredential { namespace: namespace.clone(), registry: registry.clone() }).await
    }
}

struct PutCredential {
    namespace: Namespace,
    registry: RegistryHost,
    username: String,
    kind: CredentialKind,
    sealed: Vec<u8>,
}

impl Change for PutCredential {
    type Answer = ();

    async fn apply(self, connection: &mut Connection) -> Result<()> {
        let upsert = "INSERT INTO credentials (namespace, registry, username, kind, sealed, updated) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (namespace, registry) DO UPDATE SET \
             username = excluded.username, kind = excluded.kind, sealed = excluded.sealed, \
             updated = excluded.updated";
        let query = sqlx::query(upsert).bind(self.namespace.as_str()).bind(self.registry.as_str());
        let query = query.bind(self.username).bind(word(self.kind)).bind(self.sealed).bind(now_text());
        query.execute(&mut *connection).await?;
        note(connection, &self.namespace, EventAction::CredentialStored, &self.registry).await?;
        Ok(())
    }
}

struct ForgetCredential {
    namespace: Namespace,
    registry: RegistryHost,
}

impl Change for ForgetCredential {
    type Answer = bool;

    async fn apply(self, connection: &mut Connection) -> Result<bool> {
        let delete = "DELETE FROM credentials WHERE namespace = $1 AND registry = $2";
        let query = sqlx::query(delete).bind(self.namespace.as_str()).bind(self.registry.as_str());
        let was_there = query.execute(&mut *connection).await?.rows_affected() > 0;
        if was_there {
            note(connection, &self.namespace, EventAction::CredentialForgotten, &self.registry).await?;
        }
        Ok(was_there)
    }
}

async fn note(
    connection: &mut Connection,
    namespace: &Namespace,
    action: EventAction,
    registry: &RegistryHost,
) -> sqlx::Result<()> {
    events::note(connection, namespace.as_str(), action, "", registry.as_str()).await
}

/// What a seal is bound to. Only the user name, which comes last, can have the separator in it.
fn place(namespace: &Namespace, registry: &RegistryHost, kind: CredentialKind, username: &str) -> String {
    format!("{namespace}|{registry}|{}|{username}", word(kind))
}

const fn word(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Password => "password",
        CredentialKind::IdentityToken => "identity-token",
        CredentialKind::RegistryToken => "registry-token",
    }
}

fn read_kind(text: &str) -> Result<CredentialKind> {
    let kinds = [CredentialKind::Password, CredentialKind::IdentityToken, CredentialKind::RegistryToken];
    let kind = kinds.into_iter().find(|kind| word(*kind) == text);
    kind.ok_or_else(|| Error::internal(format!("the store holds a credential of unknown kind {text:?}")))
}

const fn parts(credential: &Credential) -> (CredentialKind, &SecretString) {
    match credential {
        Credential::Password { password, .. } => (CredentialKind::Password, password),
        Credential::IdentityToken { token, .. } => (CredentialKind::IdentityToken, token),
        Credential::RegistryToken(token) => (CredentialKind::RegistryToken, token),
    }
}

fn credential(kind: CredentialKind, username: String, secret: SecretString) -> Credential {
    match kind {
        CredentialKind::Password => Credential::Password { username, password: secret },
        CredentialKind::IdentityToken => Credential::IdentityToken { username, token: secret },
        CredentialKind::RegistryToken => Credential::RegistryToken(secret),
    }
}
