//! How much may wait on the disk.
//!
//! Invariants: nobody waits for ever. As long as something is complete, its upload gives room back; when all room is held by layers that are
//! still being written, one of them may overdraw until it is gone. So the disk holds at most the limit and one layer.

use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// Whether a session goes on. One that has ended makes those who write for it stop waiting.
pub(in crate::staging) type Ended = Arc<AtomicBool>;

pub(in crate::staging) struct Budget {
    limit: u64,
    held: Mutex<Held>,
    changed: Condvar,
}

#[derive(Default)]
struct Held {
    /// Of all accounts.
    bytes: u64,
    /// Of those whose file is complete.
    complete: u64,
    /// Whether an account has leave to overdraw.
    overdrawn: bool,
}

/// What one file holds of the budget; given back when it is dropped.
pub(in crate::staging) struct Account {
    budget: Arc<Budget>,
    /// Only touched while the budget's own lock is held.
    mine: Mutex<Mine>,
}

#[derive(Clone, Copy, Default)]
struct Mine {
    bytes: u64,
    complete: bool,
    overdraws: bool,
}

impl Budget {
    pub(in crate::staging) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, held: Mutex::default(), changed: Condvar::new() })
    }

    pub(in crate::staging) fn open(self: &Arc<Self>) -> Account {
        Account { budget: Arc::clone(self), mine: Mutex::default() }
    }

    /// Lets those who wait see that their session has ended.
    pub(in crate::staging) fn wake(&self) {
        drop(self.held());
        self.changed.notify_all();
    }

    #[cfg(test)]
    pub(in crate::staging) fn bytes(&self) -> u64 {
        self.held().bytes
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// Waits for room. False if the session ended first. Blocks.
    pub(in crate::staging) fn reserve(&self, bytes: u64, ended: &Ended) -> bool {
        let mut held = self.budget.held();
        loop {
            if ended.load(Ordering::Acquire) {
                return false;
            }
            if self.admitted(&mut held, bytes) {
                held.bytes += bytes;
                self.mine().bytes += bytes;
                return true;
            }
            held = self.budget.changed.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives back what was reserved and not needed.
    pub(in crate::staging) fn refund(&self, bytes: u64) {
        let mut held = self.budget.held();
        let mut mine = self.mine();
        let bytes = bytes.min(mine.bytes);
        mine.bytes -= bytes;
        held.bytes -= bytes;
        if mine.complete {
            held.complete -= bytes;
        }
        drop(mine);
        drop(held);
        self.budget.changed.notify_all();
    }

    /// Nothing more will be reserved: from now on others may wait for this account to be closed.
    pub(in crate::staging) fn complete(&self) {
        let mut held = self.budget.held();
        let mut mine = self.mine();
        if !mine.complete {
            mine.complete = true;
            held.complete += mine.bytes;
        }
    }

    fn admitted(&self, held: &mut Held, bytes: u64) -> bool {
        let mut mine = self.mine();
        if mine.overdraws || held.bytes.saturating_add(bytes) <= self.budget.limit {
            return true;
        }
        if held.complete > 0 || held.overdrawn {
            return false;
        }
        held.overdrawn = true;
        mine.overdraws = true;
        true
    }

    fn mine(&self) -> MutexGuard<'_, Mine> {
        self.mine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let mut held = self.budget.held();
        let mine = *self.mine();
        held.bytes -= mine.bytes;
        if mine.complete {
            held.complete -= mine.bytes;
        }
        if mine.overdraws {
            held.overdrawn = false;
        }
        drop(held);
        self.budget.changed.notify_all();
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
