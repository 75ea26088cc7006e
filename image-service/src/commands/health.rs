//! `image-service health`: asks the service that has this configuration whether it is ready, for health checks of containers.

use std::time::Duration;

use anyhow::Context;
use clap::Args;
use image_service::{
    app,
    client::{Client, Shown},
    health,
};

use super::{Certificate, Settings};

/// As long as a health check may take; a service that is busy answers sooner.
const DEADLINE: Duration = Duration::from_secs(5);

/// Which service, and who asks.
#[derive(Args, Debug)]
pub(crate) struct HealthCommand {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    certificate: Certificate,
}

impl HealthCommand {
    /// Ends without an error if the service is ready.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let config = self.settings.resolve()?;
        let address = app::listen_address(&config)?;
        let shown = Shown { certificate: self.certificate.files(), token: None };
        let client = Client::new(&config, address.clone(), shown)?;
        let ask = async { health::check(client.connect().await?).await };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let asked = runtime.block_on(async { tokio::time::timeout(DEADLINE, ask).await });
        asked.with_context(|| format!("no answer at {address} within {DEADLINE:?}"))?
    }
}
