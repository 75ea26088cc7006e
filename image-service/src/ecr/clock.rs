//! What time it is for passwords; tests put it forward.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// The system's monotonic clock, and how far it was put forward.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    forward: Arc<AtomicU64>,
}

impl Clock {
    /// Puts it forward, everywhere it is used.
    pub fn advance(&self, by: Duration) {
        let milliseconds = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.forward.fetch_add(milliseconds, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> Instant {
        Instant::now() + Duration::from_millis(self.forward.load(Ordering::Relaxed))
    }
}
