//! Who asks, and what they may do: everyone everything, or those who have a password, directly (HTTP Basic) or for a token
//! (distribution, "Token Authentication Specification").
//!
//! Access keys are for the control plane, which hands out tokens for this one.
//!
//! Invariant: no password is kept, only its authentication code under the key of the data folder.

mod access_keys;
mod claims;
mod identity_provider;
mod scope;
mod sessions;
mod signer;
mod trusts;
mod users;

pub(crate) use access_keys::{AccessKey, AccessKeys};
pub(crate) use identity_provider::IdentityProvider;
pub(crate) use scope::{Action, Scope};
pub(crate) use sessions::Session;
pub(crate) use signer::Signer;
pub(crate) use trusts::{Trust, Trusts};
pub(crate) use users::Users;

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::SecretString;

use self::claims::{Claims, Purpose};
use crate::{
    clock::Clock,
    model::{DEFAULT_ACCOUNT, RegistryId},
};

/// A colon in base64.
const EMPTY: &str = "Og==";

/// The name that goes with the passwords of registries.
pub(crate) const REGISTRY_USER: &str = "AWS";

/// How clients are told to identify themselves. Both ways work, whichever is told.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Challenge {
    /// HTTP Basic with each request, as ECR has it.
    #[default]
    Basic,
    /// A token from this server's own `/token`, as Docker Hub has it.
    Bearer,
}

/// Lets clients in.
pub(crate) struct Auth {
    pub(crate) users: Users,
    pub(crate) access_keys: AccessKeys,
    pub(crate) trusts: Trusts,
    pub(crate) signer: Signer,
    pub(crate) challenge: Challenge,
    pub(crate) token_lifetime: Duration,
    pub(crate) clock: Clock,
}

/// Somebody who was let in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Caller {
    /// What they may do; everything if there are none.
    scopes: Option<Vec<Scope>>,
    /// The only registry that they may do it in, if there is one.
    pub(crate) registry: Option<RegistryId>,
    /// Who they are, as an ARN, if they said so.
    pub(crate) principal: Option<String>,
}

impl Auth {
    /// Reads an `Authorization` header. Nothing for a client that is not let in.
    pub(crate) fn caller(&self, authorization: Option<&str>) -> Option<Caller> {
        if let Some(claims) = authorization.and_then(|header| self.registry_claims(header)) {
            return Some(Caller { scopes: None, registry: claims.registry, principal: claims.principal });
        }
        let user = self.basic_user(authorization);
        if self.is_open() || user.is_some() {
            let principal = user.map(|name| user_arn(DEFAULT_ACCOUNT, &name));
            return Some(Caller { scopes: None, registry: None, principal });
        }
        let token = of_scheme(authorization?, "bearer")?;
        if let Some(claims) = self.claims(token, &Purpose::Public) {
            let scopes = claims.registry.is_none().then(Vec::new);
            return Some(Caller { scopes, registry: claims.registry, principal: claims.principal });
        }
        let claims = self.claims(token, &Purpose::Access)?;
        let principal = Some(user_arn(DEFAULT_ACCOUNT, &claims.user));
        Some(Caller { scopes: Some(claims.scopes), registry: None, principal })
    }

    /// The registry that the password of an `Authorization` header is for.
    pub(crate) fn password_registry(&self, authorization: Option<&str>) -> Option<RegistryId> {
        self.registry_claims(authorization?)?.registry
    }

    /// The user that an `Authorization` header is of, if it lets anyone in.
    pub(crate) fn principal(&self, authorization: &str) -> Option<String> {
        if self.registry_claims(authorization).is_some() {
            return Some(REGISTRY_USER.to_owned());
        }
        let of_token =
            || self.claims(of_scheme(authorization, "bearer")?, &Purpose::Access).map(|claims| claims.user);
        self.basic_user(Some(authorization)).or_else(of_token)
    }

    /// Whoever has the address of a blob. Nothing if it is the address of another one, or no longer good.
    pub(crate) fn downloader(&self, token: &str, digest: &str) -> Option<Caller> {
        let claims = self.claims(token, &Purpose::Download)?;
        let caller = Caller { scopes: Some(claims.scopes), registry: claims.registry, principal: None };
        (claims.user == digest).then_some(caller)
    }

    /// The registry that a password is for.
    pub(crate) fn registry_of_password(&self, user: &str, password: &str) -> Option<RegistryId> {
        self.password_claims(user, password)?.registry
    }

    /// Whether everyone may do everything.
    pub(crate) fn is_open(&self) -> bool {
        self.users.is_empty() && self.access_keys.is_empty()
    }

    /// Whether an `Authorization` header holds a password for a registry that was good once.
    pub(crate) fn is_expired(&self, authorization: Option<&str>) -> bool {
        let claims = authorization.and_then(|header| self.sealed_registry_claims(header));
        claims.is_some_and(|claims| claims.expires <= self.clock.now().as_secs())
    }

    fn registry_claims(&self, header: &str) -> Option<Claims> {
        let claims = self.sealed_registry_claims(header)?;
        (claims.expires > self.clock.now().as_secs()).then_some(claims)
    }

    /// What a password for a registry says, whether it is still good or not.
    fn sealed_registry_claims(&self, header: &str) -> Option<Claims> {
        let text = basic(header)?;
        let (user, password) = users::split(&text)?;
        let claims: Claims = serde_json::from_slice(&self.signer.open(password)?).ok()?;
        (user == REGISTRY_USER && claims.purpose == Purpose::Registry).then_some(claims)
    }

    fn password_claims(&self, user: &str, password: &str) -> Option<Claims> {
        if user == REGISTRY_USER { self.claims(password, &Purpose::Registry) } else { None }
    }

    /// The user of Basic credentials in an `Authorization` header, if the password is right.
    pub(crate) fn basic_user(&self, authorization: Option<&str>) -> Option<String> {
        let text = basic(authorization?)?;
        let (user, password) = users::split(&text)?;
        self.users.knows(&self.signer, user, password).then(|| user.to_owned())
    }

    /// The user that a refresh token was made for.
    pub(crate) fn refresh_user(&self, token: &str) -> Option<String> {
        self.claims(token, &Purpose::Refresh).map(|claims| claims.user)
    }

    fn claims(&self, token: &str, purpose: &Purpose) -> Option<Claims> {
        let claims: Claims = serde_json::from_slice(&self.signer.open(token)?).ok()?;
        let needs_user = matches!(purpose, Purpose::Access | Purpose::Refresh);
        let is_good = claims.purpose == *purpose && claims.expires > self.clock.now().as_secs();
        (is_good && (!needs_user || self.users.contains(&claims.user))).then_some(claims)
    }
}

impl Caller {
    /// Somebody of whom nothing is known.
    pub(crate) fn anyone() -> Self {
        Self { scopes: Some(Vec::new()), registry: None, principal: None }
    }

    /// Whether they may do something to a repository, or to the catalogue if there is no repository.
    pub(crate) fn may(&self, action: Action, repository: Option<&str>) -> bool {
        let allows = |scopes: &Vec<Scope>| scopes.iter().any(|scope| scope.allows(action, repository));
        self.scopes.as_ref().is_none_or(allows)
    }

    /// Whether nothing is closed to them.
    pub(crate) fn may_everything(&self) -> bool {
        self.scopes.is_none()
    }
}

/// Whether a client has no credentials. Some that have none send an empty name with an empty password.
pub(crate) fn names_nobody(authorization: Option<&str>) -> bool {
    authorization.is_none_or(|header| of_scheme(header, "basic") == Some(EMPTY))
}

/// The name of a user among all of AWS's resources. Access keys are users called by their ids; users of the data plane belong to the default
/// account.
pub(crate) fn user_arn(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:user/{name}")
}

/// The name and the password of a header, if it has such.
fn basic(header: &str) -> Option<SecretString> {
    let decoded = BASE64_STANDARD.decode(of_scheme(header, "basic")?).ok()?;
    String::from_utf8(decoded).ok().map(SecretString::from)
}

/// The credentials of a header, if they are of this scheme.
fn of_scheme<'h>(header: &'h str, scheme: &str) -> Option<&'h str> {
    let (found, credentials) = header.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
}

#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
