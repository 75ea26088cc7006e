//! What systemd is told of this shim (`sd_notify`): that it is ready, that it stops, and that it still turns. Without systemd nobody is.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::task::JoinHandle;

/// Signs of life in the time after which a shim without one counts as stuck.
const SIGNS: u32 = 3;

/// Says that requests are answered from now on, and keeps giving signs of life, if they are asked for, until it is dropped.
#[derive(Debug)]
pub(crate) struct Announced(Option<JoinHandle<()>>);

impl Announced {
    pub(crate) fn ready() -> Self {
        tell(NotifyState::Ready);
        let patience = sd_notify::watchdog_enabled();
        Self(patience.map(|patience| tokio::spawn(give_signs(patience / SIGNS))))
    }

    /// Says that the shim ends, and goes on giving signs of life meanwhile.
    pub(crate) fn stopping(&self) {
        tell(NotifyState::Stopping);
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        if let Some(signs) = &self.0 {
            signs.abort();
        }
    }
}

async fn give_signs(pause: Duration) {
    loop {
        tell(NotifyState::Watchdog);
        tokio::time::sleep(pause).await;
    }
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "cannot tell the service manager");
    }
}
