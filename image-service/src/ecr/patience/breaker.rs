//! A circuit breaker: after so many failures in a row nobody asks for a while, then one call tries.
//!
//! Invariant: while it is half open, one call is under way and no more; if that one goes away without a word, the next may try.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::config::BreakerConfig;

#[derive(Debug)]
pub(super) struct Breaker {
    failures: u32,
    open: Duration,
    state: Mutex<State>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// So many failures in a row.
    Closed(u32),
    /// Nobody asks until then.
    Open(Instant),
    /// One call tries.
    Trying,
    /// The next call tries.
    Untried,
}

/// How a call went, as far as the breaker is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Well,
    Badly,
}

/// The right to make one call.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    breaker: Option<&'a Breaker>,
    /// Whether this is the one that tries.
    tries: bool,
}

impl Breaker {
    pub(super) fn new(config: &BreakerConfig) -> Self {
        let state = Mutex::new(State::Closed(0));
        Self { failures: config.failures.get(), open: config.open, state }
    }

    /// A pass, or how long there is none.
    pub(super) fn admit(&self, now: Instant) -> Result<Pass<'_>, Duration> {
        let mut state = self.state();
        if let Some(after) = self.refuses_for(*state, now) {
            return Err(after);
        }
        let tries = !matches!(*state, State::Closed(_));
        if tries {
            *state = State::Trying;
        }
        Ok(Pass { breaker: Some(self), tries })
    }

    /// How long there is no pass; nothing if there is one now. Takes none.
    pub(super) fn look(&self, now: Instant) -> Option<Duration> {
        self.refuses_for(*self.state(), now)
    }

    fn refuses_for(&self, state: State, now: Instant) -> Option<Duration> {
        match state {
            State::Open(until) if until > now => Some(until - now),
            State::Trying => Some(self.open),
            State::Closed(_) | State::Open(_) | State::Untried => None,
        }
    }

    fn tell(&self, verdict: Verdict, tries: bool, now: Instant) {
        let mut state = self.state();
        let opened = State::Open(now + self.open);
        *state = match (*state, verdict) {
            (State::Trying, Verdict::Well) if tries => State::Closed(0),
            (State::Trying, Verdict::Badly) if tries => opened,
            (State::Closed(_), Verdict::Well) => State::Closed(0),
            (State::Closed(failures), Verdict::Badly) if failures + 1 >= self.failures => opened,
            (State::Closed(failures), Verdict::Badly) => State::Closed(failures + 1),
            // The news of calls from before it opened is old.
            (state, _) => state,
        };
    }

    /// `closed`, `open`, or `trying` while one call may try.
    pub(super) fn word(&self, now: Instant) -> &'static str {
        match *self.state() {
            State::Closed(_) => "closed",
            State::Open(until) if until > now => "open",
            State::Open(_) | State::Trying | State::Untried => "trying",
        }
    }

    fn give_back(&self) {
        let mut state = self.state();
        if *state == State::Trying {
            *state = State::Untried;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// Of no breaker.
    pub(super) fn free() -> Self {
        Self { breaker: None, tries: false }
    }

    pub(super) fn tell(mut self, verdict: Verdict, now: Instant) {
        if let Some(breaker) = self.breaker.take() {
            breaker.tell(verdict, self.tries, now);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(breaker) = self.breaker.filter(|_| self.tries) {
            breaker.give_back();
        }
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
