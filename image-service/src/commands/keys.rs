//! `image-service keys`: what an operator does with the keys of stored credentials. All but `forget-lost` asks the service that runs.

use std::io::{self, Write as _};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use image_service::{
    app,
    config::{Config, Listen},
};
use imageservice_proto::v1::{
    ListKeysRequest, RotateKeysRequest, RotateKeysResponse, SealingKey, keys_client::KeysClient,
};
use tonic::transport::{Channel, Endpoint};

use super::Settings;

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Tell the keys, and how many credentials are sealed under each.
    List(Settings),
    /// Put another key in force and seal all credentials anew, while the service runs.
    ///
    /// A key in the data folder, or of AWS KMS, is made. Elsewhere it is the last of the configured keys: add it first, for each service of the database.
    Rotate(Settings),
    /// Forget the credentials whose key is lost, so that the service starts again. For a service that does not run.
    ForgetLost(Settings),
}

impl KeysCommand {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            match self {
                Self::List(settings) => list(&settings.resolve()?).await,
                Self::Rotate(settings) => rotate(&settings.resolve()?).await,
                Self::ForgetLost(settings) => forget_lost(&settings.resolve()?).await,
            }
        })
    }
}

async fn list(config: &Config) -> anyhow::Result<()> {
    let answer = connect(config).await?.list(ListKeysRequest {}).await.map_err(refusal)?;
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

async fn rotate(config: &Config) -> anyhow::Result<()> {
    let answer = connect(config).await?.rotate(RotateKeysRequest {}).await.map_err(refusal)?;
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

/// To the service that runs, where only this host reaches it.
async fn connect(config: &Config) -> anyhow::Result<KeysClient<Channel>> {
    let listen = app::listen_address(config)?;
    let uri = match &listen {
        Listen::Unix(path) => format!("unix://{}", path.display()),
        Listen::Tcp(address) if config.tls.is_none() => format!("http://{address}"),
        Listen::Tcp(_) => {
            bail!("with [tls] call imageservice.v1.Keys of {listen} as a client does (grpcurl)")
        }
    };
    let channel = Endpoint::from_shared(uri)?.connect().await;
    let channel =
        channel.with_context(|| format!("no service answers at {listen}: keys are changed while it runs"))?;
    Ok(KeysClient::new(channel))
}

fn refusal(status: tonic::Status) -> anyhow::Error {
    anyhow::anyhow!("{}", status.message())
}
