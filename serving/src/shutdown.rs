//! When the process ends: a first signal asks it to, and what runs may finish; a second one lets nothing finish.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What signals have said so far.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    asked: CancellationToken,
    urged: CancellationToken,
}

impl Shutdown {
    /// Follows SIGINT and SIGTERM. Wants a tokio runtime around it.
    ///
    /// # Errors
    /// If the system does not let it.
    pub fn on_signals() -> io::Result<Self> {
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let shutdown = Self::default();
        let Self { asked, urged } = shutdown.clone();
        tokio::spawn(async move {
            for (said, what) in
                [(asked, "stopping: finishing what is under way"), (urged, "stopping at once: told again")]
            {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                tracing::info!("{what}");
                said.cancel();
            }
        });
        Ok(shutdown)
    }

    /// Does what a first signal does.
    pub fn ask(&self) {
        self.asked.cancel();
    }

    /// Waits for the first signal.
    pub async fn is_asked(&self) {
        self.asked.cancelled().await;
    }

    /// Waits for the second signal.
    pub async fn is_urged(&self) {
        self.urged.cancelled().await;
    }
}
