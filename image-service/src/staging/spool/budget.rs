//! How much may wait on the disk.
//!
//! Invariants: nobody waits for ever. As long as something is complete, its upload gives room back; when all room is held by layers that are
//! still being written, one of them may overdraw until it is gone. So the disk holds at most the limit and one layer, in both its forms. Who
//! waits for those that do not go on is told after a time, and whose session has ended at once.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use crate::error::{Error, Result};

/// Why a session does not go on. One that has ended makes those who write for it stop waiting.
pub(in crate::staging) type Ended = Arc<OnceLock<Arc<Error>>>;

/// Layers in the spool at once: each is an open file, however small.
pub(super) const MOST_LAYERS: usize = 256;

pub(in crate::staging) struct Budget {
    limit: u64,
    /// How long one may wait.
    patience: Duration,
    held: Mutex<Held>,
    changed: Condvar,
}

#[derive(Default)]
struct Held {
    /// Accounts of layers. Who has one never waits for another, so each gets its turn.
    layers: usize,
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
    /// Whether it counts as a layer: not for another form of one, which goes soon.
    is_layer: bool,
    /// Only touched while the budget's own lock is held.
    mine: Mutex<Mine>,
}

#[derive(Clone, Copy)]
struct Mine {
    bytes: u64,
    stage: Stage,
}

/// How far a file is; only of a complete one may others wait for the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its layer needs more room.
    Growing(Leave),
    /// It is being read into its heir, which needs room while this one keeps its own.
    Inherited,
    /// Its upload gives the room back.
    Complete(Leave),
}

/// To go beyond the limit: one layer at a time has it, until it is gone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leave {
    No,
    Overdraw,
}

impl Stage {
    fn overdraws(self) -> bool {
        matches!(self, Self::Growing(Leave::Overdraw) | Self::Complete(Leave::Overdraw))
    }

    fn is_complete(self) -> bool {
        matches!(self, Self::Complete(_))
    }
}

impl Budget {
    pub(in crate::staging) fn new(limit: u64, patience: Duration) -> Arc<Self> {
        Arc::new(Self { limit, patience, held: Mutex::default(), changed: Condvar::new() })
    }

    /// For a layer. Waits until there are not too many. Blocks, and fails, as `reserve`.
    pub(in crate::staging) fn open(self: &Arc<Self>, ended: &Ended) -> Result<Account> {
        let mut held = self.wait("a place in the spool", ended, |held| held.layers < MOST_LAYERS)?;
        held.layers += 1;
        Ok(self.account(true, Leave::No))
    }

    /// Lets those who wait see that their session has ended.
    pub(in crate::staging) fn wake(&self) {
        drop(self.held());
        self.changed.notify_all();
    }

    fn account(self: &Arc<Self>, is_layer: bool, leave: Leave) -> Account {
        let mine = Mine { bytes: 0, stage: Stage::Growing(leave) };
        Account { budget: Arc::clone(self), is_layer, mine: Mutex::new(mine) }
    }

    fn wait(
        &self,
        what: &'static str,
        ended: &Ended,
        mut ready: impl FnMut(&mut Held) -> bool,
    ) -> Result<MutexGuard<'_, Held>> {
        let since = Instant::now();
        let mut held = self.held();
        loop {
            if let Some(why) = ended.get() {
                return Err(Error::Shared(Arc::clone(why)));
            }
            if ready(&mut held) {
                return Ok(held);
            }
            let left = self.patience.saturating_sub(since.elapsed());
            if left.is_zero() {
                return Err(Error::Busy { what, waited: self.patience });
            }
            held = self.changed.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    #[cfg(test)]
    pub(in crate::staging) fn bytes(&self) -> u64 {
        self.held().bytes
    }

    #[cfg(test)]
    pub(in crate::staging) fn is_full_of_layers(&self) -> bool {
        self.held().layers == MOST_LAYERS
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// Waits for room. If the session ends first, what ended it is the error; if there is none for too long, `Busy`. Blocks.
    pub(in crate::staging) fn reserve(&self, bytes: u64, ended: &Ended) -> Result<()> {
        let admitted = |held: &mut Held| self.admitted(held, bytes);
        let mut held = self.budget.wait("room in the spool", ended, admitted)?;
        held.bytes += bytes;
        self.mine().bytes += bytes;
        Ok(())
    }

    /// Gives back what was reserved and not needed.
    pub(in crate::staging) fn refund(&self, bytes: u64) {
        let mut held = self.budget.held();
        let mut mine = self.mine();
        let bytes = bytes.min(mine.bytes);
        mine.bytes -= bytes;
        held.bytes -= bytes;
        if mine.stage.is_complete() {
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
        if let Stage::Growing(leave) = mine.stage {
            mine.stage = Stage::Complete(leave);
            held.complete += mine.bytes;
        }
    }

    /// For the same layer in another form, which is made of this one: it must not wait for its own layer, so it has this one's leave.
    pub(in crate::staging) fn heir(&self) -> Self {
        let _held = self.budget.held();
        let mut mine = self.mine();
        let leave = match mine.stage {
            Stage::Growing(leave) => leave,
            Stage::Inherited | Stage::Complete(_) => Leave::No,
        };
        mine.stage = Stage::Inherited;
        self.budget.account(false, leave)
    }

    fn admitted(&self, held: &mut Held, bytes: u64) -> bool {
        let mut mine = self.mine();
        if mine.stage.overdraws() || held.bytes.saturating_add(bytes) <= self.budget.limit {
            return true;
        }
        if held.complete > 0 || held.overdrawn {
            return false;
        }
        held.overdrawn = true;
        mine.stage = Stage::Growing(Leave::Overdraw);
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
        held.layers -= usize::from(self.is_layer);
        held.bytes -= mine.bytes;
        if mine.stage.is_complete() {
            held.complete -= mine.bytes;
        }
        if mine.stage.overdraws() {
            held.overdrawn = false;
        }
        drop(held);
        self.budget.changed.notify_all();
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
