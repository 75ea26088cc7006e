//! What stands between a call and AWS: whether it is worth asking now, how fast, and whether to ask again.
//!
//! Kept for each identity and Region, as quotas and outages are.

mod breaker;
mod limiter;
mod retry;
mod states;

use std::collections::HashMap;

use tokio::time::Instant;

use super::{
    error::Failure,
    operation::{Operation, OperationClass, Service},
};
use crate::{
    config::EcrConfig,
    error::{EcrError, EcrReason},
};
use breaker::{Breaker, Pass, Verdict};
use limiter::Limiter;

pub(super) use retry::Tries;
pub(super) use states::watch;

/// The breakers and limiters of one identity in one Region.
#[derive(Debug)]
pub(super) struct Patience {
    breakers: HashMap<(Service, OperationClass), Breaker>,
    limiters: HashMap<Operation, Limiter>,
}

/// The leave to make one attempt. Whoever drops it without a word of how it went has learned nothing.
#[derive(Debug)]
pub(super) struct Leave<'a> {
    pass: Pass<'a>,
    limiter: Option<&'a Limiter>,
}

impl Patience {
    pub(super) fn new(config: &EcrConfig) -> Self {
        let now = Instant::now();
        let all = || Operation::ALL.iter().copied();
        let rate = |operation: Operation| {
            config.rates.get(&operation.key()).map_or(operation.default_rate(), |rate| rate.0.get())
        };
        Self {
            breakers: all()
                .map(|operation| ((operation.service(), operation.class()), Breaker::new(&config.breaker)))
                .collect(),
            limiters: all().map(|operation| (operation, Limiter::new(rate(operation), now))).collect(),
        }
    }

    /// Waits for a turn. Refused if calls of the kind have failed too often, or if the turn would come after `latest`.
    pub(super) async fn leave(
        &self,
        operation: Operation,
        latest: Instant,
    ) -> Result<Leave<'_>, Box<EcrError>> {
        let refused = |reason, message: &str, after| {
            let refused = EcrError::refused(reason, operation.name(), message);
            Box::new(EcrError { retryable: true, retry_after: Some(after), ..refused })
        };
        let open = |after| {
            let message = "too many calls of this kind have failed lately: not asked";
            refused(EcrReason::CircuitOpen, message, after)
        };
        let busy = |after| {
            let message = "more calls are waiting than ecr.rates lets through in time";
            refused(EcrReason::Throttling, message, after)
        };
        let breaker = self.breakers.get(&(operation.service(), operation.class()));
        // Who will be refused need not wait for it.
        if let Some(after) = breaker.and_then(|breaker| breaker.look(Instant::now())) {
            return Err(open(after));
        }
        let limiter = self.limiters.get(&operation);
        let turn =
            limiter.map(|limiter| limiter.turn_before(latest, Instant::now())).transpose().map_err(busy)?;
        // A timer takes a millisecond even for a time that has come.
        if let Some(turn) = turn.as_ref().filter(|turn| turn.at > Instant::now()) {
            tokio::time::sleep_until(turn.at).await;
        }
        // Only now, so that the one that tries is under way and does not wait.
        let pass = breaker.map(|breaker| breaker.admit(Instant::now())).transpose().map_err(open)?;
        if let Some(turn) = turn {
            turn.take();
        }
        Ok(Leave { pass: pass.unwrap_or_else(Pass::free), limiter })
    }
}

impl Leave<'_> {
    pub(super) fn succeeded(self) {
        self.pass.tell(Verdict::Well, Instant::now());
    }

    /// A refusal is an answer like another; only faults speak against asking again.
    pub(super) fn failed(self, failure: &Failure) {
        let now = Instant::now();
        match failure.error.reason {
            EcrReason::Throttling => {
                if let Some(limiter) = self.limiter {
                    limiter.slow_down(now);
                }
                self.pass.tell(Verdict::Well, now);
            }
            EcrReason::ServiceUnavailable
            | EcrReason::Unreachable
            | EcrReason::TimedOut
            | EcrReason::AnswerInvalid => self.pass.tell(Verdict::Badly, now),
            EcrReason::CredentialsUnavailable => drop(self),
            _ => self.pass.tell(Verdict::Well, now),
        }
    }
}

#[cfg(test)]
#[path = "patience_tests.rs"]
mod tests;
