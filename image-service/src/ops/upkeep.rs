//! What a service does for its log of events besides writing it: sweep it, and hear of what others write.

use std::time::Duration;

use time::OffsetDateTime;

use super::Operations;
use crate::{config::EventsConfig, error::Result};

/// Between two sweeps of events.
const SWEEPS: Duration = Duration::from_secs(60);
/// Between two looks at what other services have done.
const LOOKS: Duration = Duration::from_secs(1);

impl Operations {
    /// Sweeps events at once, and then every minute, for ever.
    pub async fn sweep_events_now_and_then(self, config: EventsConfig) {
        loop {
            if let Err(why) = self.sweep_events(config).await {
                tracing::warn!("events were not swept: {why}");
            }
            tokio::time::sleep(SWEEPS).await;
        }
    }

    /// Hears what other services of the database do, within a second, for ever: who watches events and who indexes is woken. While the database is
    /// gone there is nothing to hear.
    pub async fn listen_to_others(self) {
        loop {
            if let Err(why) = self.ports.events.listen().await {
                tracing::debug!("cannot hear what other services do: {why}");
            }
            tokio::time::sleep(LOOKS).await;
        }
    }

    async fn sweep_events(&self, config: EventsConfig) -> Result<()> {
        let before = OffsetDateTime::now_utc() - config.keep_for;
        while self.ports.events.sweep_events(config.keep.get(), before).await? > 0 {}
        Ok(())
    }
}
