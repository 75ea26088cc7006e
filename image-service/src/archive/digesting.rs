//! Hashes a stream on another thread, while the next pieces of it are read: of all that is done to a layer in its order, this takes longest.
//!
//! Invariants: the pieces that wait are bounded. A thread is there only while there is something to hash, and never for what is small.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use bytes::Bytes;

use crate::{
    error::{Error, Result},
    model::{Digest, Hasher},
};

/// Pieces that wait.
const AHEAD: usize = 4;
/// What is shorter is hashed before a thread would have begun.
const LEAST: usize = 64 << 10;
/// For so long a thread waits for another piece before it ends; the next piece starts a new one.
const LINGER: Duration = Duration::from_millis(50);

/// A digest that is being made.
pub(super) struct Digesting(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: VecDeque<Bytes>,
    /// Not here while a thread has it.
    hasher: Option<Hasher>,
    threaded: bool,
    /// No piece will follow.
    closed: bool,
}

impl Digesting {
    /// Of nothing so far, by sha256.
    pub(super) fn new() -> Self {
        let hasher = Some(Hasher::sha256());
        let state = State { waiting: VecDeque::new(), hasher, threaded: false, closed: false };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }))
    }

    /// Takes the next piece. Waits if too many wait.
    pub(super) fn update(&mut self, piece: Bytes) {
        let mut state = self.0.state();
        if !state.threaded && (piece.len() < LEAST || !self.start(&mut state)) {
            state.hash(&piece);
            return;
        }
        state = self.0.wait(state, |state| state.threaded && state.waiting.len() >= AHEAD);
        state.waiting.push_back(piece);
        self.0.changed.notify_all();
    }

    /// The digest of all pieces.
    pub(super) fn finish(self) -> Result<Digest> {
        let mut state = self.0.state();
        state.closed = true;
        self.0.changed.notify_all();
        state = self.0.wait(state, |state| state.threaded);
        let hasher =
            state.hasher.take().ok_or_else(|| Error::internal("a thread that hashes has panicked"))?;
        Ok(hasher.finish())
    }

    /// False if there can be no thread now.
    fn start(&self, state: &mut State) -> bool {
        let shared = Arc::clone(&self.0);
        let thread = thread::Builder::new().name("hash".to_owned()).spawn(move || Thread(shared).run());
        state.threaded = thread.is_ok();
        state.threaded
    }
}

/// What was not finished is wanted by nobody.
impl Drop for Digesting {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.waiting.clear();
        state.closed = true;
        self.0.changed.notify_all();
    }
}

impl State {
    fn hash(&mut self, piece: &[u8]) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(piece);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        condition: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        self.changed.wait_while(state, |state| condition(state)).unwrap_or_else(PoisonError::into_inner)
    }
}

struct Thread(Arc<Shared>);

impl Thread {
    fn run(self) {
        while let Some((mut hasher, piece)) = self.next() {
            hasher.update(&piece);
            self.0.state().hasher = Some(hasher);
        }
    }

    /// What to do next; nothing ends the thread, and whoever brings another piece knows.
    fn next(&self) -> Option<(Hasher, Bytes)> {
        let idle = |state: &mut State| state.waiting.is_empty() && !state.closed;
        let waited = self.0.changed.wait_timeout_while(self.0.state(), LINGER, idle);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let next = state.waiting.pop_front().and_then(|piece| Some((state.hasher.take()?, piece)));
        state.threaded = next.is_some();
        drop(state);
        self.0.changed.notify_all();
        next
    }
}

/// Nobody waits for a thread that has panicked.
impl Drop for Thread {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.state().threaded = false;
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
#[path = "digesting_tests.rs"]
mod tests;
