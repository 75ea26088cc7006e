//! A local ECR as a program: flags, log, signals.

use std::{io::IsTerminal, path::PathBuf};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use ecr_local::{Challenge, EcrLocal};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[derive(Parser)]
#[command(version, about = "A local container registry: OCI distribution in one folder")]
struct Settings {
    /// Where to serve HTTP.
    #[arg(long, env = "ECR_LOCAL_LISTEN", value_name = "HOST:PORT", default_value = "127.0.0.1:5000")]
    listen: String,
    /// Where everything is kept.
    #[arg(long, env = "ECR_LOCAL_DATA_DIR", value_name = "DIR", default_value = "ecr-local-data")]
    data_dir: PathBuf,
    /// Who may use it: a file with a line NAME:PASSWORD for each. Everyone on this machine, if there is none.
    #[arg(long, env = "ECR_LOCAL_USERS", value_name = "FILE")]
    users: Option<PathBuf>,
    /// How clients are told to identify themselves.
    #[arg(long, env = "ECR_LOCAL_CHALLENGE", value_enum, default_value = "basic")]
    challenge: ChallengeName,
    /// Let everyone do everything, even from other machines.
    #[arg(long, env = "ECR_LOCAL_ALLOW_ANYONE")]
    allow_anyone: bool,
    /// Refuse a push to a repository that does not exist, as ECR does.
    #[arg(long, env = "ECR_LOCAL_NO_CREATE_ON_PUSH")]
    no_create_on_push: bool,
    /// Refuse to delete manifests, tags and blobs.
    #[arg(long, env = "ECR_LOCAL_NO_DELETE")]
    no_delete: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum ChallengeName {
    Basic,
    Bearer,
}

impl Settings {
    fn builder(&self) -> anyhow::Result<ecr_local::Builder> {
        let challenge = match self.challenge {
            ChallengeName::Basic => Challenge::Basic,
            ChallengeName::Bearer => Challenge::Bearer,
        };
        let mut builder = EcrLocal::builder(&self.data_dir)
            .listen(&self.listen)
            .challenge(challenge)
            .allow_anyone(self.allow_anyone)
            .create_on_push(!self.no_create_on_push)
            .allow_delete(!self.no_delete);
        if let Some(path) = &self.users {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
                let pair =
                    line.split_once(':').filter(|(name, password)| !name.is_empty() && !password.is_empty());
                let (name, password) = pair
                    .with_context(|| format!("{} line {}: not NAME:PASSWORD", path.display(), number + 1))?;
                builder = builder.user(name, password.into());
            }
        }
        Ok(builder)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let running = settings.builder()?.start().await?;
    tracing::info!("listening on {}", running.address());
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    running.shutdown().await;
    Ok(())
}
