//! Who makes a call.

use std::time::Duration;

use http::HeaderMap;

use super::{ControlPlane, errors::Error, signature::Signature};
use crate::{
    auth::{Auth, Session, user_arn},
    model::{DEFAULT_ACCOUNT, DEFAULT_REGION, Digest, RegistryId},
};

const TOKEN: &str = "x-amz-security-token";

/// Somebody who was let in.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// Their account, in the Region that they called.
    pub(crate) registry: RegistryId,
    /// Whether they may act for other accounts.
    pub(crate) is_trusted: bool,
    /// The access key that signed.
    key: Option<String>,
    /// The role that they have assumed.
    pub(crate) session: Option<Session>,
}

impl Identity {
    /// How they are told who they are. Whoever did not sign is taken for the account itself.
    pub(crate) fn arn(&self) -> String {
        let root = || format!("arn:aws:iam::{}:root", self.registry.account);
        match &self.session {
            Some(session) => session.arn(),
            None => self.principal().unwrap_or_else(root),
        }
    }

    /// How settings name them: the role, or the user of the account that is called as the access key is. Nobody if the call is not signed.
    pub(crate) fn principal(&self) -> Option<String> {
        match &self.session {
            Some(session) => Some(session.role_arn()),
            None => self.key.as_deref().map(|key| user_arn(&self.registry.account, key)),
        }
    }

    /// Their id among all users and sessions.
    pub(crate) fn user_id(&self, auth: &Auth) -> String {
        match &self.session {
            Some(session) => session.user_id(auth),
            None => self.registry.account.to_string(),
        }
    }

    /// When they will be nobody any more, since 1970.
    pub(crate) fn expires(&self) -> Option<Duration> {
        self.session.as_ref().map(|session| session.expires)
    }
}

impl ControlPlane {
    /// Whether calls must be signed.
    pub(super) fn verifies(&self) -> bool {
        self.verify && !self.auth.is_open()
    }

    /// Reads who signed a call to a service. `body`: its digest. `covered` names headers that the signature must cover beside those of every call.
    pub(super) fn identify(
        &self,
        headers: &HeaderMap,
        body: impl FnOnce() -> Digest,
        service: &str,
        covered: &[&str],
    ) -> Result<Identity, Error> {
        let is_open = !self.verifies();
        let signature = match Signature::of(headers) {
            Err(_) if is_open => None,
            signature => signature?,
        };
        let Some(signature) = signature else {
            let anyone =
                Identity { registry: RegistryId::default(), is_trusted: true, key: None, session: None };
            return if is_open { Ok(anyone) } else { Err(Error::MissingToken) };
        };
        let token = headers.get(TOKEN).and_then(|token| token.to_str().ok());
        let session = token.and_then(|token| self.auth.session(token, signature.key));
        let known = match (&session, token) {
            (Some(session), _) => Some(self.auth.session_key(session)),
            // A token that was not issued here makes the best key a wrong one.
            (None, Some(_)) if !is_open => None,
            _ => self.auth.access_keys.find(signature.key).cloned(),
        };
        if !is_open {
            let key = known.as_ref().ok_or(Error::UnknownKey)?;
            let covered = covered.iter().copied().chain(token.map(|_| TOKEN)).collect::<Vec<_>>();
            signature.verify(key, service, &covered, headers, &body(), self.clock.now())?;
        }
        if session.as_ref().is_some_and(|session| session.expires <= self.clock.now()) {
            return Err(Error::ExpiredToken);
        }
        let account = known.as_ref().map_or_else(|| account_of(signature.key), |key| key.account.as_str());
        let region = if is_region(signature.region) { signature.region } else { DEFAULT_REGION };
        let registry = RegistryId { account: account.into(), region: region.into() };
        Ok(Identity { registry, is_trusted: is_open, key: Some(signature.key.to_owned()), session })
    }
}

/// A key that nobody announced stands for the account of its digits, so that a test has as many accounts as it wants.
fn account_of(key: &str) -> &str {
    let is_account = key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { key } else { DEFAULT_ACCOUNT }
}

fn is_region(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (2..=25).contains(&text.len()) && text.bytes().all(inner)
}
