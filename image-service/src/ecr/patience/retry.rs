//! Whether a failed call is made again, and when: waits double, have jitter, and heed what AWS asks for.

use std::time::Duration;

use aws_lc_rs::rand;
use tokio::time::Instant;

use crate::ecr::{
    error::{Effect, Failure},
    operation::{Operation, Repeat},
};

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// The attempts of one call.
#[derive(Debug)]
pub(in crate::ecr) struct Tries {
    operation: Operation,
    made: u32,
    allowed: u32,
    latest: Instant,
}

impl Tries {
    /// One attempt, and `retries` more, which begin before `latest`.
    pub(in crate::ecr) fn new(operation: Operation, retries: u32, latest: Instant) -> Self {
        Self { operation, made: 0, allowed: retries.saturating_add(1), latest }
    }

    /// Attempts that were begun.
    pub(in crate::ecr) fn made(&self) -> u32 {
        self.made
    }

    /// One is begun.
    pub(in crate::ecr) fn begin(&mut self) {
        self.made += 1;
    }

    /// When to make the next attempt; nothing if the failure stands.
    pub(in crate::ecr) fn next(&self, failure: &Failure, now: Instant) -> Option<Instant> {
        let harmless = failure.effect == Effect::None || self.operation.repeat() == Repeat::Harmless;
        if !failure.error.retryable || !harmless || self.made >= self.allowed {
            return None;
        }
        let own = jitter(bound(self.made));
        let wait = failure.error.retry_after.map_or(own, |told| told + jitter(FIRST_WAIT));
        Some(now + wait).filter(|next| *next < self.latest)
    }
}

fn bound(made: u32) -> Duration {
    FIRST_WAIT.saturating_mul(2_u32.saturating_pow(made.saturating_sub(1))).min(LONGEST_WAIT)
}

/// Anything between half and the whole of it: those who failed together do not return together, and none returns at once.
fn jitter(limit: Duration) -> Duration {
    let mut bytes = [0; 2];
    // Without randomness the wait is the longest one, which is safe.
    match rand::fill(&mut bytes) {
        Ok(()) => limit / 2 + limit / 2 * u32::from(u16::from_le_bytes(bytes)) / u32::from(u16::MAX),
        Err(_) => limit,
    }
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
