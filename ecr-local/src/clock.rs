//! What time it is: the system's, or ahead of it as far as a test wants.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::watch;

/// A clock that can be put forward. All its clones show the same time.
#[derive(Clone, Default, Debug)]
pub struct Clock {
    /// In seconds.
    ahead: Arc<watch::Sender<u64>>,
}

impl Clock {
    /// Puts the clock forward, by whole seconds.
    pub fn advance(&self, by: Duration) {
        self.ahead.send_modify(|ahead| *ahead = ahead.saturating_add(by.as_secs()));
    }

    /// Since 1970.
    pub(crate) fn now(&self) -> Duration {
        let system = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        system.saturating_add(Duration::from_secs(*self.ahead.borrow()))
    }

    /// Waits for a time since 1970, whether it comes by itself or the clock is put forward to it.
    pub(crate) async fn wait_until(&self, time: Duration) {
        let mut moved = self.ahead.subscribe();
        loop {
            let left = time.saturating_sub(self.now());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                _ = moved.changed() => {}
            }
        }
    }
}
