//! Who asks, and what they may do: everyone everything, or those who have a password, directly (HTTP Basic) or for a token
//! (distribution, "Token Authentication Specification").
//!
//! Invariant: no password is kept, only its authentication code under the key of the data folder.

mod scope;
mod signer;
mod users;

pub(crate) use scope::{Action, Scope};
pub(crate) use signer::Signer;
pub(crate) use users::Users;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// For tokens that get tokens.
const REFRESH_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

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
    pub(crate) signer: Signer,
    pub(crate) challenge: Challenge,
    pub(crate) token_lifetime: Duration,
}

/// Somebody who was let in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Caller {
    /// May do everything.
    Trusted,
    /// Has a token for these.
    Holder(Vec<Scope>),
}

/// What a token says. Signed, not secret.
#[derive(Serialize, Deserialize)]
struct Claims {
    purpose: Purpose,
    user: String,
    /// Seconds since 1970.
    expires: u64,
    scopes: Vec<Scope>,
}

#[derive(Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Purpose {
    Access,
    Refresh,
}

impl Auth {
    /// Reads an `Authorization` header. Nothing for a client that is not let in.
    pub(crate) fn caller(&self, authorization: Option<&str>) -> Option<Caller> {
        if self.users.is_empty() {
            return Some(Caller::Trusted);
        }
        if self.basic_user(authorization).is_some() {
            return Some(Caller::Trusted);
        }
        let claims = self.claims(of_scheme(authorization?, "bearer")?, &Purpose::Access)?;
        Some(Caller::Holder(claims.scopes))
    }

    /// The user of Basic credentials in an `Authorization` header, if the password is right.
    pub(crate) fn basic_user(&self, authorization: Option<&str>) -> Option<String> {
        let decoded = BASE64_STANDARD.decode(of_scheme(authorization?, "basic")?).ok()?;
        let text = SecretString::from(String::from_utf8(decoded).ok()?);
        let (user, password) = users::split(&text)?;
        self.users.knows(&self.signer, user, password).then(|| user.to_owned())
    }

    /// The user that a refresh token was made for.
    pub(crate) fn refresh_user(&self, token: &str) -> Option<String> {
        self.claims(token, &Purpose::Refresh).map(|claims| claims.user)
    }

    /// A token for requests.
    pub(crate) fn access_token(&self, user: &str, scopes: Vec<Scope>) -> SecretString {
        self.token(Purpose::Access, user, scopes, self.token_lifetime)
    }

    /// A token that gets tokens.
    pub(crate) fn refresh_token(&self, user: &str) -> SecretString {
        self.token(Purpose::Refresh, user, Vec::new(), REFRESH_LIFETIME)
    }

    fn token(&self, purpose: Purpose, user: &str, scopes: Vec<Scope>, lifetime: Duration) -> SecretString {
        let expires = since_1970().saturating_add(lifetime).as_secs();
        let claims = Claims { purpose, user: user.to_owned(), expires, scopes };
        self.signer.seal(&serde_json::to_vec(&claims).unwrap_or_default())
    }

    fn claims(&self, token: &str, purpose: &Purpose) -> Option<Claims> {
        let claims: Claims = serde_json::from_slice(&self.signer.open(token)?).ok()?;
        let is_good = claims.purpose == *purpose && claims.expires > since_1970().as_secs();
        (is_good && self.users.contains(&claims.user)).then_some(claims)
    }
}

impl Caller {
    /// Whether they may do something to a repository, or to the catalogue if there is no repository.
    pub(crate) fn may(&self, action: Action, repository: Option<&str>) -> bool {
        match self {
            Self::Trusted => true,
            Self::Holder(scopes) => scopes.iter().any(|scope| scope.allows(action, repository)),
        }
    }

    /// Whether nothing is closed to them.
    pub(crate) fn may_everything(&self) -> bool {
        *self == Self::Trusted
    }
}

/// The credentials of a header, if they are of this scheme.
fn of_scheme<'h>(header: &'h str, scheme: &str) -> Option<&'h str> {
    let (found, credentials) = header.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
