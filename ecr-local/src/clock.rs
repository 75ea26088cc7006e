//! What time it is: the system's, or ahead of it as far as a test wants, or one that stands still.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A clock that can be put forward. All its clones show the same time.
#[derive(Clone, Default, Debug)]
pub struct Clock {
    /// In nanoseconds.
    ahead: Arc<AtomicU64>,
    /// Since 1970, if it stands still.
    stopped: Option<Duration>,
}

impl Clock {
    /// A clock that goes on only when it is put forward.
    #[must_use]
    pub fn stopped() -> Self {
        Self { stopped: Some(system()), ..Self::default() }
    }

    /// Puts the clock forward.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let add = |ahead: u64| Some(ahead.saturating_add(by));
        // It always adds, so it never fails.
        let _ = self.ahead.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Since 1970.
    pub(crate) fn now(&self) -> Duration {
        let base = self.stopped.unwrap_or_else(system);
        base.saturating_add(Duration::from_nanos(self.ahead.load(Ordering::Relaxed)))
    }
}

fn system() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
