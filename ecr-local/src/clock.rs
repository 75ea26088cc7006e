//! What time it is: the system's, or ahead of it as far as a test wants.

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
    /// In seconds.
    ahead: Arc<AtomicU64>,
}

impl Clock {
    /// Puts the clock forward, by whole seconds.
    pub fn advance(&self, by: Duration) {
        self.ahead.fetch_add(by.as_secs(), Ordering::Relaxed);
    }

    /// Since 1970.
    pub(crate) fn now(&self) -> Duration {
        let system = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        system.saturating_add(Duration::from_secs(self.ahead.load(Ordering::Relaxed)))
    }
}
