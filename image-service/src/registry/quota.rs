//! A used-up pull budget, remembered: whoever comes next fails at once instead of making matters worse. A HEAD costs nothing and
//! stays allowed.

use std::time::{Duration, Instant};

use moka::sync::Cache;

use super::{endpoint::Endpoint, error::throttle_detail, rate_limit, transport::Answer};
use crate::{
    error::{Error, Result},
    model::{Fingerprint, RegistryHost},
};

/// How long a budget counts as used up when the registry does not say.
const SHORTEST: Duration = Duration::from_secs(60);
/// A registry does not lock anyone out for longer than this without being asked again.
const LONGEST: Duration = Duration::from_secs(3600);
const MAX_KEPT: u64 = 10_000;

/// Used-up budgets by registry and caller.
#[derive(Debug)]
pub(super) struct QuotaGate(Cache<(RegistryHost, Fingerprint), Closed>);

#[derive(Clone, Debug)]
struct Closed {
    until: Instant,
    detail: String,
    limit: Option<u64>,
    remaining: Option<u64>,
    source: Option<String>,
}

impl Default for QuotaGate {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MAX_KEPT).time_to_live(LONGEST).build())
    }
}

impl QuotaGate {
    /// An error while the caller's budget is known to be used up.
    pub(super) fn check(&self, endpoint: &Endpoint, caller: Fingerprint) -> Result<()> {
        match self.0.get(&(endpoint.registry.clone(), caller)) {
            Some(closed) if closed.until > Instant::now() => Err(closed.error(endpoint)),
            _ => Ok(()),
        }
    }

    /// Remembers a used-up budget, and says so.
    pub(super) fn close(
        &self,
        endpoint: &Endpoint,
        caller: Fingerprint,
        answer: &Answer,
        told: Option<Duration>,
    ) -> Error {
        let budget = rate_limit::read(caller.namespace(), &endpoint.registry, &answer.headers);
        // A sliding window frees one pull after another.
        let one_pull = budget.as_ref().and_then(|b| b.window.checked_div(b.limit)).map(Duration::from_secs);
        let guessed = one_pull.unwrap_or(SHORTEST).max(SHORTEST);
        let wait = told.unwrap_or(guessed).min(LONGEST);
        let closed = Closed {
            until: Instant::now() + wait,
            detail: throttle_detail(answer),
            limit: budget.as_ref().map(|budget| budget.limit),
            remaining: rate_limit::remaining(&answer.headers),
            source: budget.map(|budget| budget.source).filter(|source| !source.is_empty()),
        };
        let error = closed.error(endpoint);
        self.0.insert((endpoint.registry.clone(), caller), closed);
        error
    }

    /// Forgets a used-up budget once an answer shows that there is some left.
    pub(super) fn open_if_left(&self, endpoint: &Endpoint, caller: Fingerprint, answer: &Answer) {
        if answer.status.is_success() && rate_limit::remaining(&answer.headers).is_some_and(|left| left > 0) {
            self.0.invalidate(&(endpoint.registry.clone(), caller));
        }
    }
}

impl Closed {
    fn error(&self, endpoint: &Endpoint) -> Error {
        Error::QuotaExhausted {
            registry: endpoint.registry.to_string(),
            detail: self.detail.clone(),
            limit: self.limit,
            remaining: self.remaining,
            retry_after: Some(self.until.saturating_duration_since(Instant::now())),
            counted_for: self.source.clone(),
        }
    }
}
