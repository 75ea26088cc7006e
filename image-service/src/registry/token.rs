//! The tokens that are alive: asked for once per caller and scope, kept while they live.
//!
//! Invariant: a token is given only to the caller whose credential it was asked for with; the key has the credential's fingerprint in it.
//! Invariant: a failure is told to all who waited for it and is not kept; a leader that goes away is replaced by a follower.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use moka::{Expiry, future::Cache, ops::compute::Op};
use url::Url;

use super::{
    token_answer::Token,
    token_request::{Grant, fetch},
    transport::Transport,
};
use crate::{
    error::{Error, Result},
    model::{Fingerprint, RegistryHost},
};

/// Of tokens and what they are for; a hostile endpoint gives long ones.
const MAX_KEPT_BYTES: u64 = 64 * 1024 * 1024;

/// What a token was given for, and to whom.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct TokenKey {
    registry: RegistryHost,
    endpoint: Url,
    realm: Url,
    service: String,
    scope: String,
    /// Nothing means anonymous.
    caller: Option<Fingerprint>,
}

/// The tokens that are alive.
#[derive(Debug)]
pub(super) struct Tokens(Cache<TokenKey, Arc<Token>>);

impl Default for Tokens {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MAX_KEPT_BYTES).weigher(weight).expire_after(Lifetime).build())
    }
}

fn weight(key: &TokenKey, token: &Arc<Token>) -> u32 {
    const REST: usize = 512;
    let variable = key.scope.len() + key.service.len() + key.realm.as_str().len() + token.authorization.len();
    u32::try_from(variable + REST).unwrap_or(u32::MAX)
}

struct Lifetime;

impl Expiry<TokenKey, Arc<Token>> for Lifetime {
    fn expire_after_create(&self, _: &TokenKey, token: &Arc<Token>, _: Instant) -> Option<Duration> {
        Some(token.lifetime)
    }
}

impl Tokens {
    /// A living token, and whether it was asked for just now.
    pub(super) async fn get(&self, transport: &Transport, grant: Grant<'_>) -> Result<(Arc<Token>, bool)> {
        let entry = self.0.entry(grant.key());
        let fetched = entry.or_try_insert_with(async { fetch(transport, grant).await.map(Arc::new) }).await;
        match fetched {
            Ok(entry) => {
                let fresh = entry.is_fresh();
                Ok((entry.into_value(), fresh))
            }
            Err(error) => Err(Arc::try_unwrap(error).unwrap_or_else(Error::Shared)),
        }
    }

    /// Forgets a token that its registry no longer takes, unless another has taken its place.
    pub(super) async fn drop_refused(&self, grant: Grant<'_>, refused: &Arc<Token>) {
        let decide = |entry: Option<moka::Entry<TokenKey, Arc<Token>>>| {
            let same = entry.is_some_and(|entry| Arc::ptr_eq(entry.value(), refused));
            std::future::ready(if same { Op::Remove } else { Op::Nop })
        };
        self.0.entry(grant.key()).and_compute_with(decide).await;
    }
}

impl Grant<'_> {
    pub(super) fn key(&self) -> TokenKey {
        TokenKey {
            registry: self.endpoint.registry.clone(),
            endpoint: self.endpoint.base.clone(),
            realm: self.bearer.realm.clone(),
            service: self.bearer.service.clone(),
            scope: self.bearer.scope.clone(),
            caller: self.caller.credential.map(|_| self.caller.fingerprint),
        }
    }
}
