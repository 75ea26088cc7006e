//! `image-service health`: asks the service that has this configuration whether it is ready, for health checks of containers.

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use clap::Args;
use image_service::{app, health};

use super::Settings;

/// As long as a health check may take; a service that is busy answers sooner.
const DEADLINE: Duration = Duration::from_secs(5);

/// Which service, and who asks.
#[derive(Args, Debug)]
pub(crate) struct HealthCommand {
    #[command(flatten)]
    settings: Settings,
    /// The certificate to show where tls.client_ca is configured, as PEM [default: the service's own].
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// Its key, as PEM.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
}

impl HealthCommand {
    /// Ends without an error if the service is ready.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let config = self.settings.resolve()?;
        let address = app::listen_address(&config)?;
        let shown = self.certificate.zip(self.key);
        let tls = config.tls.as_ref().map(|tls| health::Pinned::new(tls, shown)).transpose()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let asked =
            runtime.block_on(async { tokio::time::timeout(DEADLINE, health::check(&address, tls)).await });
        asked.with_context(|| format!("no answer at {address} within {DEADLINE:?}"))?
    }
}
