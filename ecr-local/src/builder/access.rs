//! Who may use a registry, as it is told before it starts.

use std::time::Duration;

use secrecy::SecretString;

use super::Builder;
use crate::{
    auth::{AccessKey, AccessKeys, Auth, Challenge, IdentityProvider, Signer, Trust, Trusts, Users},
    clock::Clock,
    settings,
    start_error::StartError,
};

/// Everyone on this machine, unless somebody is named.
#[derive(Debug)]
pub(super) struct Access {
    users: Vec<(String, SecretString)>,
    access_keys: Vec<AccessKey>,
    pub(super) verify_signatures: bool,
    trusts: Vec<Trust>,
    identity_providers: Vec<(String, String)>,
    identity_clients: Vec<(String, String)>,
    challenge: Challenge,
    token_lifetime: Duration,
    allow_anyone: bool,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            users: Vec::new(),
            access_keys: Vec::new(),
            verify_signatures: true,
            trusts: Vec::new(),
            identity_providers: Vec::new(),
            identity_clients: Vec::new(),
            challenge: Challenge::default(),
            token_lifetime: Duration::from_secs(5 * 60),
            allow_anyone: false,
        }
    }
}

impl Access {
    /// Whether other machines may reach it: nobody comes in without a password or a signature, or that is meant.
    pub(super) fn suits_network(&self) -> bool {
        let is_open = self.users.is_empty() && self.access_keys.is_empty();
        self.allow_anyone || self.verify_signatures && !is_open
    }

    /// Reads the keys of issuers.
    pub(super) fn providers(&self) -> Result<Vec<IdentityProvider>, StartError> {
        let providers = settings::identity_providers(&self.identity_providers)?;
        settings::check_clients(&self.identity_clients, &providers)?;
        Ok(providers)
    }

    pub(super) fn into_auth(self, signer: Signer, providers: Vec<IdentityProvider>, clock: Clock) -> Auth {
        Auth {
            users: Users::new(&signer, &self.users),
            access_keys: AccessKeys::new(self.access_keys),
            trusts: Trusts { roles: self.trusts, providers, clients: self.identity_clients },
            signer,
            challenge: self.challenge,
            token_lifetime: self.token_lifetime,
            clock,
        }
    }
}

impl Builder {
    /// Somebody who may do everything. With the first user, nobody else may do anything.
    pub fn user(mut self, name: impl Into<String>, password: SecretString) -> Self {
        self.access.users.push((name.into(), password));
        self
    }

    /// Somebody who may do everything in the registries of an account of twelve digits: by signed calls, and by the passwords that these
    /// get. With the first key, nobody else may do anything.
    pub fn access_key(
        mut self,
        id: impl Into<String>,
        secret: SecretString,
        account: impl Into<String>,
    ) -> Self {
        self.access.access_keys.push(AccessKey { id: id.into(), secret, account: account.into() });
        self
    }

    /// Whether calls must be signed by an access key, if there is one. They must unless set.
    pub fn verify_signatures(mut self, verify: bool) -> Self {
        self.access.verify_signatures = verify;
        self
    }

    /// Lets an account, or whoever has a token of an issuer, assume a role, which is named by its ARN. Roles are assumed by their own account
    /// anyway, and by everyone where everyone may do everything.
    pub fn trust(mut self, role: impl Into<String>, principal: impl Into<String>) -> Self {
        self.access.trusts.push(Trust { role: role.into(), principal: principal.into(), subject: None });
        self
    }

    /// Lets those assume a role whose tokens of an issuer name a subject (`sub`) that a pattern takes, in which `*` stands for any run of
    /// characters.
    pub fn trust_subject(
        mut self,
        role: impl Into<String>,
        issuer: impl Into<String>,
        subject: impl Into<String>,
    ) -> Self {
        let (role, principal) = (role.into(), issuer.into());
        self.access.trusts.push(Trust { role, principal, subject: Some(subject.into()) });
        self
    }

    /// Somebody who issues web identity tokens, with the keys (RFC 7517) that sign them.
    pub fn identity_provider(mut self, issuer: impl Into<String>, keys: impl Into<String>) -> Self {
        self.access.identity_providers.push((issuer.into(), keys.into()));
        self
    }

    /// Takes of the tokens of an issuer only those for a client (`aud`), or for another one that is given. For all, if there is none.
    pub fn identity_client(mut self, issuer: impl Into<String>, client: impl Into<String>) -> Self {
        self.access.identity_clients.push((issuer.into(), client.into()));
        self
    }

    /// How clients are told to identify themselves, if there are users.
    pub fn challenge(mut self, challenge: Challenge) -> Self {
        self.access.challenge = challenge;
        self
    }

    /// How long a token is good for. Five minutes unless set.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.access.token_lifetime = lifetime;
        self
    }

    /// Without users, and where other machines can reach it, a registry does not start unless this is set.
    pub fn allow_anyone(mut self, allow: bool) -> Self {
        self.access.allow_anyone = allow;
        self
    }
}
