//! What time it is: the system's, or ahead of it as far as a test wants, or one that stands still.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::watch;

/// A clock that can be put forward. All its clones show the same time.
#[derive(Clone, Default, Debug)]
pub struct Clock {
    ahead: Arc<watch::Sender<Duration>>,
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
        self.ahead.send_modify(|ahead| *ahead = ahead.saturating_add(by));
    }

    /// Since 1970.
    pub(crate) fn now(&self) -> Duration {
        self.stopped.unwrap_or_else(system).saturating_add(*self.ahead.borrow())
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
                () = tokio::time::sleep(left), if self.stopped.is_none() => {}
                _ = moved.changed() => {}
            }
        }
    }
}

fn system() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
