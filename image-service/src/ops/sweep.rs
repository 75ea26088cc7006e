//! Now and then: what loads that never came to their end have left in the staging registry goes.

use std::time::Duration;

use telemetry::{Counter, KeyValue, Span};

use super::Operations;
use crate::{
    error::Result,
    model::{Namespace, RegistryHost},
};

static RUNS: Counter = Counter::new("staging.sweep.runs", "{run}", "Sweeps of the staging registry");

const INTERVAL: Duration = Duration::from_secs(60 * 60);

impl Operations {
    /// Sweeps at once, and then every hour, for ever.
    pub async fn sweep_now_and_then(self) {
        loop {
            let swept = Span::internal("sweep").covers(self.sweep()).await;
            RUNS.add(1, &[KeyValue::new("outcome", if swept.is_ok() { "ok" } else { "failed" })]);
            if let Err(why) = swept {
                tracing::warn!("the staging registry was not swept: {why}");
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    async fn sweep(&self) -> Result<()> {
        let Some(staging) = &self.ports.staging else { return Ok(()) };
        let host = RegistryHost::from(staging.repository());
        staging.sweep(&self.access(&Namespace::default(), &host, None).await?).await
    }
}
