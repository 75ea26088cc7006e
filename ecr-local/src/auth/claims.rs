//! Tokens and passwords: what they say, and giving them out.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{Action, Auth, REGISTRY_USER, Scope};
use crate::model::{Digest, RegistryId};

/// For tokens that get tokens.
const REFRESH_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What a token says. Signed, not secret.
#[derive(Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) purpose: Purpose,
    /// Who may use it, or the blob that it opens.
    pub(super) user: String,
    /// Seconds since 1970.
    pub(super) expires: u64,
    pub(super) scopes: Vec<Scope>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) registry: Option<RegistryId>,
    /// Whom a password was given to, as an ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) principal: Option<String>,
}

#[derive(Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Purpose {
    Access,
    Refresh,
    /// A password for a registry.
    Registry,
    /// Requests to the host of public registries: by anyone, or by those whose registry it names.
    Public,
    /// A blob of a repository.
    Download,
}

impl Auth {
    /// A token for requests.
    pub(crate) fn access_token(&self, user: &str, scopes: Vec<Scope>) -> SecretString {
        self.seal(&self.to_claims(Purpose::Access, user, scopes, self.token_lifetime))
    }

    /// A token that gets tokens.
    pub(crate) fn refresh_token(&self, user: &str) -> SecretString {
        self.seal(&self.to_claims(Purpose::Refresh, user, Vec::new(), REFRESH_LIFETIME))
    }

    /// A token for the host of public registries: for all that anyone may do there, or also for what a registry's owner may.
    pub(crate) fn public_token(&self, registry: Option<RegistryId>) -> SecretString {
        let claims = self.to_claims(Purpose::Public, "", Vec::new(), self.token_lifetime);
        self.seal(&Claims { registry, ..claims })
    }

    /// A password for a registry, given to a principal, if it is known to whom.
    pub(crate) fn registry_password(
        &self,
        registry: &RegistryId,
        principal: Option<String>,
        lifetime: Duration,
    ) -> SecretString {
        let claims = self.to_claims(Purpose::Registry, REGISTRY_USER, Vec::new(), lifetime);
        self.seal(&Claims { registry: Some(registry.clone()), principal, ..claims })
    }

    /// A token that opens one blob of a repository.
    pub(crate) fn download_token(
        &self,
        registry: &RegistryId,
        repository: &str,
        digest: &Digest,
        lifetime: Duration,
    ) -> SecretString {
        let scopes = Scope::parse_all([&*Action::Pull.scope(Some(repository))].into_iter());
        let claims = self.to_claims(Purpose::Download, &digest.to_string(), scopes, lifetime);
        self.seal(&Claims { registry: Some(registry.clone()), ..claims })
    }

    fn to_claims(&self, purpose: Purpose, user: &str, scopes: Vec<Scope>, lifetime: Duration) -> Claims {
        let expires = self.clock.now().saturating_add(lifetime).as_secs();
        Claims { purpose, user: user.to_owned(), expires, scopes, registry: None, principal: None }
    }

    fn seal(&self, claims: &Claims) -> SecretString {
        self.signer.seal(&serde_json::to_vec(claims).unwrap_or_default())
    }
}
