//! What systemd is told of this process (`sd_notify`): that it is ready, that it stops, and that it still turns. Without systemd nobody is.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio_util::task::AbortOnDropHandle;

/// Signs of life in the time after which a process without one counts as stuck.
const SIGNS: u32 = 3;

/// Says that requests are answered from now on; keeps giving signs of life, if they are asked for, until what it returns is dropped. Wants a
/// runtime around it.
#[must_use]
pub fn ready() -> Option<AbortOnDropHandle<()>> {
    tell(NotifyState::Ready);
    let patience = sd_notify::watchdog_enabled()?;
    Some(AbortOnDropHandle::new(tokio::spawn(give_signs(patience / SIGNS))))
}

/// Says that the process ends. Signs of life go on meanwhile.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

async fn give_signs(pause: Duration) {
    loop {
        tell(NotifyState::Watchdog);
        tokio::time::sleep(pause).await;
    }
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!("cannot tell the service manager: {error}");
    }
}
