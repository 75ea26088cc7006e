//! A token bucket that adapts: AWS's throttling halves its rate, and time brings the rate back.
//!
//! Turns are given out in order and in advance, so that a crowd is spread evenly and nobody waits for what would come too late. A turn that
//! nobody takes, as its call was given up in the meantime, is given back.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How long a halved rate takes to be whole again.
const RECOVERY: Duration = Duration::from_secs(30);
/// Many calls are throttled at once: that is one sign, not many.
const ONE_SIGN: Duration = Duration::from_secs(1);
/// A rate is not halved below this part of what is configured.
const LEAST_PART: f64 = 1.0 / 64.0;

#[derive(Debug)]
pub(super) struct Limiter {
    /// Calls per second.
    most: f64,
    bucket: Mutex<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    /// Below zero: so many have a turn that has not come yet.
    tokens: f64,
    counted: Instant,
    /// The rate after the last throttling, and when that was.
    throttled: Option<(f64, Instant)>,
}

/// A turn, for one call.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    /// When it comes.
    pub(super) at: Instant,
    /// Who gets it back.
    limiter: Option<&'a Limiter>,
}

impl Limiter {
    /// With so many calls per second, and as many at once.
    pub(super) fn new(rate: u32, now: Instant) -> Self {
        let most = f64::from(rate);
        let bucket = Bucket { tokens: most, counted: now, throttled: None };
        Self { most, bucket: Mutex::new(bucket) }
    }

    /// The next turn; if it comes after the deadline, how long it would take, and no turn is given.
    pub(super) fn turn_before(&self, deadline: Instant, now: Instant) -> Result<Turn<'_>, Duration> {
        let mut bucket = self.bucket();
        let rate = self.rate(&bucket, now);
        let earned = now.saturating_duration_since(bucket.counted).as_secs_f64() * rate;
        let tokens = (bucket.tokens + earned).min(self.most.max(1.0)) - 1.0;
        let wait = Duration::from_secs_f64((-tokens / rate).max(0.0));
        if now + wait > deadline {
            return Err(wait);
        }
        (bucket.tokens, bucket.counted) = (tokens, now);
        Ok(Turn { at: now + wait, limiter: Some(self) })
    }

    /// AWS has throttled.
    pub(super) fn slow_down(&self, now: Instant) {
        let mut bucket = self.bucket();
        if bucket.throttled.is_some_and(|(_, last)| now.saturating_duration_since(last) < ONE_SIGN) {
            return;
        }
        let halved = (self.rate(&bucket, now) / 2.0).max(self.most * LEAST_PART);
        bucket.tokens = bucket.tokens.min(0.0);
        bucket.counted = now;
        bucket.throttled = Some((halved, now));
    }

    fn rate(&self, bucket: &Bucket, now: Instant) -> f64 {
        let Some((halved, since)) = bucket.throttled else { return self.most };
        let recovered = now.saturating_duration_since(since).as_secs_f64() / RECOVERY.as_secs_f64();
        (halved + self.most * recovered).min(self.most)
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// The call is made.
    pub(super) fn take(mut self) {
        self.limiter = None;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(limiter) = self.limiter {
            limiter.bucket().tokens += 1.0;
        }
    }
}

#[cfg(test)]
#[path = "limiter_tests.rs"]
mod tests;
