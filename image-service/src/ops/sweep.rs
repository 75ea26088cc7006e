//! Now and then: what loads that never came to their end have left in the staging registry goes.

use std::time::Duration;

use super::Operations;
use crate::{
    error::Result,
    model::{Namespace, RegistryHost},
};

const INTERVAL: Duration = Duration::from_secs(60 * 60);

impl Operations {
    /// Sweeps at once, and then every hour, for ever.
    pub async fn sweep_now_and_then(self) {
        loop {
            if let Err(why) = self.sweep().await {
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
