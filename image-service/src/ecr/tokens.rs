//! Passwords for registries: asked for once, kept while they are good, replaced before they end.
//!
//! Invariants: for one identity in one Region one request is under way at most, and nobody waits for it as long as the password before is
//! good. A failure to replace a password takes nothing from the one that is there. A failure is told to all who wait for it, and not kept.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    calls::Calls,
    clock::Clock,
    metrics,
    operation::Operation,
    place::Place,
    token::{Issued, RegistryToken},
};
use crate::{
    error::{Error, Result},
    model::{AccountId, Region},
};
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use telemetry::{Context, KeyValue};

/// After a replacement has failed, none is asked for during this time, while the password before is good.
const REST: Duration = Duration::from_secs(10);

/// The passwords that are kept.
#[derive(Clone)]
pub struct Tokens(Arc<Keeper>);

struct Keeper {
    calls: Arc<Calls>,
    buffer: Duration,
    clock: Clock,
    kept: Mutex<HashMap<TokenKey, Slot>>,
}

/// What a password is good for: all registries that an identity may use in a Region, or the public one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct TokenKey {
    /// None for the identity of `[ecr]`.
    identity: Option<AccountId>,
    region: Region,
    public: bool,
}

type Landing = Shared<BoxFuture<'static, Result<Arc<RegistryToken>, Arc<Error>>>>;

#[derive(Default)]
struct Slot {
    token: Option<Arc<RegistryToken>>,
    flight: Option<Landing>,
    rests_until: Option<Instant>,
}

impl Tokens {
    pub(super) fn new(calls: Arc<Calls>, buffer: Duration, clock: Clock) -> Self {
        Self(Arc::new(Keeper { calls, buffer, clock, kept: Mutex::default() }))
    }

    /// A password for the private registries of a Region that the identity for the place may use.
    pub async fn private(&self, place: &Place) -> Result<Arc<RegistryToken>> {
        self.get(self.key(Operation::GetAuthorizationToken, place).await?, place).await
    }

    /// A password for the public registry.
    pub async fn public(&self) -> Result<Arc<RegistryToken>> {
        let place = Place::default();
        self.get(self.key(Operation::PublicGetAuthorizationToken, &place).await?, &place).await
    }

    /// As `private`, but new in any case. If it fails, the one that is kept stays.
    pub async fn renew_private(&self, place: &Place) -> Result<Arc<RegistryToken>> {
        let key = self.key(Operation::GetAuthorizationToken, place).await?;
        let flight = self.0.flight(&key, place);
        flight.await.map_err(Error::Shared)
    }

    /// How long ago a password was issued.
    pub(super) fn age(&self, token: &RegistryToken) -> Duration {
        token.age(self.0.clock.now())
    }

    /// Forgets a password that its registry has refused, unless another has taken its place.
    pub(super) fn forget(&self, number: u64) {
        for slot in self.0.kept().values_mut() {
            slot.token.take_if(|token| token.number == number);
        }
    }

    async fn key(&self, operation: Operation, place: &Place) -> Result<TokenKey> {
        let (identity, region) = self.0.calls.identity(operation, place).await?;
        Ok(TokenKey { identity, region, public: operation == Operation::PublicGetAuthorizationToken })
    }

    async fn get(&self, key: TokenKey, place: &Place) -> Result<Arc<RegistryToken>> {
        let now = self.0.clock.now();
        let held = {
            let kept = self.0.kept();
            let slot = kept.get(&key);
            let held = slot.and_then(|slot| slot.token.clone()).filter(|token| token.is_good(now));
            let rests = slot.and_then(|slot| slot.rests_until).is_some_and(|until| now < until);
            match held {
                Some(token) if rests || !token.is_due(now) => return Ok(token),
                held => held,
            }
        };
        let flight = self.0.flight(&key, place);
        match held {
            Some(token) => Ok(token),
            None => flight.await.map_err(Error::Shared),
        }
    }
}

impl Keeper {
    /// The request that is under way, or else a new one.
    fn flight(self: &Arc<Self>, key: &TokenKey, place: &Place) -> Landing {
        let mut kept = self.kept();
        let slot = kept.entry(key.clone()).or_default();
        if let Some(flight) = slot.flight.as_ref().filter(|flight| flight.peek().is_none()) {
            return flight.clone();
        }
        // A task of its own: whoever asked first may leave.
        let asking =
            tokio::spawn(Context::current().scope(Arc::clone(self).replace(key.clone(), place.clone())));
        let landing =
            async move { asking.await.unwrap_or_else(|fault| Err(Arc::new(Error::internal(fault)))) };
        slot.flight.insert(landing.boxed().shared()).clone()
    }

    async fn replace(self: Arc<Self>, key: TokenKey, place: Place) -> Result<Arc<RegistryToken>, Arc<Error>> {
        let issued = match key.public {
            false => Issued::private(&self.calls, &place).await,
            true => Issued::public(&self.calls).await,
        };
        let now = self.clock.now();
        let asked = issued.and_then(|issued| issued.read(self.buffer, now));
        metrics::TOKENS.add(1, &[KeyValue::new("outcome", if asked.is_ok() { "ok" } else { "failed" })]);
        let mut kept = self.kept();
        // What nobody has asked for again since it ended goes, so that there are never more than are in use.
        kept.retain(|other, slot| *other == key || slot.is_needed(now));
        match asked {
            Ok(token) => {
                let token = Arc::new(token);
                kept.insert(key, Slot { token: Some(Arc::clone(&token)), ..Slot::default() });
                Ok(token)
            }
            Err(why) => {
                if let Some(slot) = kept.get_mut(&key) {
                    slot.flight = None;
                    slot.rests_until = Some(now + REST);
                    if slot.token.as_ref().is_some_and(|token| token.is_good(now)) {
                        tracing::warn!(region = %key.region, "the password for the registry could not be replaced yet: {why}");
                    } else {
                        kept.remove(&key);
                    }
                }
                Err(Arc::new(why))
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<TokenKey, Slot>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn is_needed(&self, now: Instant) -> bool {
        self.flight.is_some() || self.token.as_ref().is_some_and(|token| token.is_good(now))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("kept", &self.0.kept().len()).finish_non_exhaustive()
    }
}
