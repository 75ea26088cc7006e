//! The port for credentials: secrets are sealed before they reach a statement.
//!
//! Invariant: a sealed secret opens only in its own row: namespace, registry, kind and user name are part of the seal.

use async_trait::async_trait;
use secrecy::SecretString;

use super::{Connection, Store, change::Change, events, keys};
use crate::{
    error::{Error, Result},
    model::{Credential, EventAction, KeyId, Namespace, RegistryHost},
    ports::{CredentialKind, CredentialStore, StoredCredential},
    store::encoding::{now_text, read, read_time},
};

/// How often a key may change while a credential is being stored.
const ATTEMPTS: u32 = 3;

#[async_trait]
impl CredentialStore for Store {
    async fn get(&self, namespace: &Namespace, registry: &RegistryHost) -> Result<Option<Credential>> {
        let Some(row) = read!(self, "get", sealed, namespace, registry)? else { return Ok(None) };
        if let Some(credential) = self.opened(&row)? {
            return Ok(Some(credential));
        }
        // Another service may have put another key in force.
        self.load_keys().await?;
        let Some(row) = read!(self, "get", sealed, namespace, registry)? else { return Ok(None) };
        let unreadable = || Error::CredentialsUnreadable { registry: registry.to_string() };
        self.opened(&row)?.ok_or_else(unreadable).map(Some)
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
        for _ in 0..ATTEMPTS {
            let put = PutCredential {
                namespace: namespace.clone(),
                registry: registry.clone(),
                username: credential.username().to_owned(),
                kind,
                sealed: self.sealer.seal(&place, secret)?,
            };
            if self.commit("put", put).await? {
                return Ok(());
            }
            self.load_keys().await?;
        }
        Err(Error::StoreUnavailable("the key of credentials changes again and again".into()))
    }

    async fn list(&self, namespace: &Namespace) -> Result<Vec<StoredCredential>> {
        read!(self, "credentials", stored, namespace)
    }

    async fn forget(&self, namespace: &Namespace, registry: &RegistryHost) -> Result<bool> {
        self.commit("forget", ForgetCredential { namespace: namespace.clone(), registry: registry.clone() })
            .await
    }
}

async fn stored(connection: &mut Connection, namespace: &Namespace) -> Result<Vec<StoredCredential>> {
    let select = "SELECT registry, username, kind, updated FROM credentials \
         WHERE namespace = $1 ORDER BY registry";
    let query = sqlx::query_as(select).bind(namespace.as_str());
    let rows: Vec<(String, String, String, String)> = query.fetch_all(connection).await?;
    let read = |(registry, username, kind, updated): (String, _, String, String)| {
        let (registry, kind) = (read(&registry)?, read_kind(&kind)?);
        Ok(StoredCredential { registry, username, kind, updated: read_time(&updated)? })
    };
    rows.into_iter().map(read).collect()
}

async fn sealed(
    connection: &mut Connection,
    namespace: &Namespace,
    registry: &RegistryHost,
) -> Result<Option<SealedRow>> {
    let select = "SELECT namespace, registry, username, kind, sealed FROM credentials \
         WHERE namespace = $1 AND registry = $2";
    let query = sqlx::query_as(select).bind(namespace.as_str()).bind(registry.as_str());
    let row: Option<Columns> = query.fetch_optional(connection).await?;
    Ok(row.map(SealedRow::from))
}

impl Store {
    fn opened(&self, row: &SealedRow) -> Result<Option<Credential>> {
        let secret = self.sealer.open(&row.place()?, &row.sealed);
        secret.map(|secret| Ok(credential(read_kind(&row.kind)?, row.username.clone(), secret))).transpose()
    }
}

type Columns = (String, String, String, String, Vec<u8>);

/// A credential as it lies there.
pub(super) struct SealedRow {
    pub(super) namespace: String,
    pub(super) registry: String,
    username: String,
    kind: String,
    pub(super) sealed: Vec<u8>,
}

impl From<Columns> for SealedRow {
    fn from((namespace, registry, username, kind, sealed): Columns) -> Self {
        Self { namespace, registry, username, kind, sealed }
    }
}

impl SealedRow {
    /// What the seal is bound to.
    pub(super) fn place(&self) -> Result<String> {
        let (namespace, registry) = (read(&self.namespace)?, read(&self.registry)?);
        Ok(place(&namespace, &registry, read_kind(&self.kind)?, &self.username))
    }

    pub(super) async fn reseal(&self, connection: &mut Connection, sealed: Vec<u8>) -> Result<()> {
        let update = "UPDATE credentials SET sealed = $3 WHERE namespace = $1 AND registry = $2";
        let query = sqlx::query(update).bind(&self.namespace).bind(&self.registry).bind(sealed);
        query.execute(connection).await?;
        Ok(())
    }

    pub(super) async fn forget(&self, connection: &mut Connection) -> Result<()> {
        let delete = "DELETE FROM credentials WHERE namespace = $1 AND registry = $2";
        sqlx::query(delete).bind(&self.namespace).bind(&self.registry).execute(connection).await?;
        Ok(())
    }
}

/// Some credentials of all namespaces, in order.
pub(super) async fn sealed_after(
    connection: &mut Connection,
    (namespace, registry): &keys::Place,
    limit: i64,
) -> Result<Vec<SealedRow>> {
    let select = "SELECT namespace, registry, username, kind, sealed FROM credentials \
         WHERE (namespace, registry) > ($1, $2) ORDER BY namespace, registry LIMIT $3";
    let query = sqlx::query_as(select).bind(namespace).bind(registry).bind(limit);
    let rows: Vec<Columns> = query.fetch_all(connection).await?;
    Ok(rows.into_iter().map(SealedRow::from).collect())
}

struct PutCredential {
    namespace: Namespace,
    registry: RegistryHost,
    username: String,
    kind: CredentialKind,
    sealed: Vec<u8>,
}

impl Change for PutCredential {
    /// False if the seal is of a key that is not in force; then nothing was done.
    type Answer = bool;

    async fn apply(&self, connection: &mut Connection) -> Result<bool> {
        let in_force = keys::in_force(connection).await?;
        if in_force.is_none() || in_force != KeyId::of_seal(&self.sealed) {
            return Ok(false);
        }
        let upsert = "INSERT INTO credentials (namespace, registry, username, kind, sealed, updated) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (namespace, registry) DO UPDATE SET \
             username = excluded.username, kind = excluded.kind, sealed = excluded.sealed, \
             updated = excluded.updated";
        let query = sqlx::query(upsert).bind(self.namespace.as_str()).bind(self.registry.as_str());
        let query = query.bind(&self.username).bind(word(self.kind)).bind(&self.sealed).bind(now_text());
        query.execute(&mut *connection).await?;
        note(connection, &self.namespace, EventAction::CredentialStored, &self.registry).await?;
        Ok(true)
    }
}

struct ForgetCredential {
    namespace: Namespace,
    registry: RegistryHost,
}

impl Change for ForgetCredential {
    type Answer = bool;

    async fn apply(&self, connection: &mut Connection) -> Result<bool> {
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
    place_of_row(namespace.as_str(), registry.as_str(), word(kind), username)
}

/// The same of a row as it is.
pub(super) fn place_of_row(namespace: &str, registry: &str, kind: &str, username: &str) -> String {
    format!("{namespace}|{registry}|{kind}|{username}")
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
