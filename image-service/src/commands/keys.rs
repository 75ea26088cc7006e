//! `image-service keys`: what an operator does with the keys of stored credentials. All but `forget-lost` asks the service that runs.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use image_service::{
    app,
    client::{Client, Shown, Way},
    config::Config,
};
use imageservice_proto::v1::{
    ListKeysRequest, RotateKeysRequest, RotateKeysResponse, SealingKey, keys_client::KeysClient,
};

use super::{Certificate, Settings};

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Tell the keys, and how many credentials are sealed under each.
    List(Asking),
    /// Put another key in force and seal all credentials anew, while the service runs.
    ///
    /// A key in the data folder, or of AWS KMS, is made. Elsewhere it is the last of the configured keys: add it first, for each service of the database.
    Rotate(Asking),
    /// Forget the credentials whose key is lost, so that the service starts again. For a service that does not run.
    ForgetLost(Settings),
}

/// Which service, and who asks: an operator, where callers have to be known.
#[derive(Args)]
pub(crate) struct Asking {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    certificate: Certificate,
    /// The token to show; /dev/stdin for standard input.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl KeysCommand {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            match self {
                Self::List(asking) => list(asking.connect().await?).await,
                Self::Rotate(asking) => rotate(asking.connect().await?).await,
                Self::ForgetLost(settings) => forget_lost(&settings.resolve()?).await,
            }
        })
    }
}

impl Asking {
    /// To the service that runs.
    async fn connect(self) -> anyhow::Result<KeysClient<Way>> {
        let config = self.settings.resolve()?;
        let address = app::listen_address(&config)?;
        let shown = Shown { certificate: self.certificate.files(), token: self.token_file };
        let way = Client::new(&config, address, shown)?.connect().await;
        Ok(KeysClient::new(way.context("keys are changed while it runs")?))
    }
}

async fn list(mut service: KeysClient<Way>) -> anyhow::Result<()> {
    let answer = service.list(ListKeysRequest {}).await.map_err(refusal)?;
    for key in answer.into_inner().keys {
        writeln!(io::stdout(), "{}", described(&key))?;
    }
    Ok(())
}

fn described(key: &SealingKey) -> String {
    let id = if key.id.is_empty() { "(not told)" } else { &key.id };
    let mut line = format!("{id:<16}  credentials: {}", key.credentials);
    if key.in_force {
        line.push_str("  in force");
    }
    if !key.available && !key.id.is_empty() {
        line.push_str("  MISSING");
    }
    line
}

async fn rotate(mut service: KeysClient<Way>) -> anyhow::Result<()> {
    let answer = service.rotate(RotateKeysRequest {}).await.map_err(refusal)?;
    let RotateKeysResponse { key, resealed, unreadable, retired } = answer.into_inner();
    let mut out = io::stdout();
    writeln!(out, "{key} is in force; credentials sealed anew: {resealed}")?;
    if unreadable > 0 {
        writeln!(out, "credentials that cannot be opened, and are as they were: {unreadable}")?;
    }
    for key in retired {
        writeln!(out, "{key} is not needed any more")?;
    }
    Ok(())
}

async fn forget_lost(config: &Config) -> anyhow::Result<()> {
    let forgotten = app::state::forget_lost_credentials(config).await?;
    writeln!(io::stdout(), "forgotten credentials: {forgotten}")?;
    Ok(())
}

fn refusal(status: tonic::Status) -> anyhow::Error {
    anyhow::anyhow!("{}", status.message())
}
