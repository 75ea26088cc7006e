//! Now and then: what loads that never came to their end have left in the staging registry goes.

use std::time::Duration;

use super::Operations;
use crate::{error::Result, model::Namespace, ports::Staging};

const INTERVAL: Duration = Duration::from_secs(60 * 60);

impl Operations {
    /// Sweeps at once, and then every hour, for ever.
    pub async fn sweep_now_and_then(self) {
        loop {
            for (namespace, staging) in &self.ports.staging {
                if let Err(why) = self.sweep(namespace, &**staging).await {
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
