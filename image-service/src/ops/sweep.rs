//! Now and then: what loads that never came to their end have left in the staging registry goes.

use std::time::Duration;

use telemetry::{Counter, KeyValue, Span};

use super::Operations;
use crate::{error::Result, model::Namespace, ports::Staging};

static RUNS: Counter = Counter::new("staging.sweep.runs", "{run}", "Sweeps of the staging registry");

const INTERVAL: Duration = Duration::from_secs(60 * 60);

impl Operations {
    /// Sweeps at once, and then every hour, for ever.
    pub async fn sweep_now_and_then(self) {
        loop {
            for (namespace, staging) in &self.ports.staging {
                let swept = Span::internal("sweep").covers(self.sweep(namespace, &**staging)).await;
                RUNS.add(1, &[KeyValue::new("outcome", if swept.is_ok() { "ok" } else { "failed" })]);
                if let Err(why) = swept {
                    tracing::warn!(%namespace, "the staging registry was not swept: {why}");
                }
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    async fn sweep(&self, namespace: &Namespace, staging: &dyn Staging) -> Result<()> {
        staging.sweep(&self.access(namespace, staging.repository(), None).await?).await
    }
}
