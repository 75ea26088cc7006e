//! The image service's command line.

#[path = "main/db.rs"]
mod db;
#[path = "main/keys.rs"]
mod keys;
#[path = "main/token.rs"]
mod token;

use std::{io::IsTerminal, path::PathBuf, time::Duration};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use image_service::{
    app,
    config::{Config, Listen, LogConfig, LogFormat},
    shutdown::Shutdown,
};
use token::TokenCommand;
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const DATABASE_URL: &str = "IMAGE_SERVICE_DATABASE_URL";
/// For threads, once everything else has ended.
const CUT_OFF: Duration = Duration::from_secs(1);

#[derive(Parser)]
#[command(
    version,
    about = "Docker images without an engine: metadata, credentials and registries, over gRPC"
)]
enum Command {
    /// Serve gRPC until SIGINT or SIGTERM.
    Serve(Settings),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look after the state: images, names, credentials.
    #[command(subcommand)]
    Db(db::DbCommand),
    /// Look at the keys that stored credentials are sealed under, and change them.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Tokens for those who call the service.
    #[command(subcommand)]
    Token(TokenCommand),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Say whether the configuration can be used.
    Check(Settings),
}

#[derive(Args)]
struct Settings {
    /// TOML file.
    #[arg(long, env = "IMAGE_SERVICE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the state is kept [default: $XDG_STATE_HOME/image-service].
    #[arg(long, env = "IMAGE_SERVICE_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where to serve: unix:///PATH or HOST:PORT [default: image-service.sock in the data folder].
    #[arg(long, env = "IMAGE_SERVICE_LISTEN", value_name = "ADDRESS")]
    listen: Option<Listen>,
}

impl Settings {
    fn resolve(self) -> anyhow::Result<Config> {
        let mut config = self.config.as_deref().map(Config::from_file).transpose()?.unwrap_or_default();
        config.data_dir = self.data_dir.or(config.data_dir);
        config.listen = self.listen.or(config.listen);
        // No flag: a command line can be read by everyone on the host.
        config.database.url = std::env::var(DATABASE_URL).ok().map(Into::into).or(config.database.url);
        Ok(config)
    }
}

fn main() -> anyhow::Result<()> {
    // One TLS stack; installed first, because reqwest and tonic take whatever is installed.
    let installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    installed.map_err(|_| anyhow::anyhow!("a TLS provider is installed already"))?;
    match Command::parse() {
        Command::Config(ConfigCommand::Check(settings)) => check(&settings.resolve()?),
        Command::Db(command) => db::run(command),
        Command::Keys(command) => command.run(),
        Command::Token(command) => command.run(),
        Command::Serve(settings) => {
            let config = settings.resolve()?;
            start_log(&config.log)?;
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let served = runtime.block_on(async { app::run(config, Shutdown::on_signals()?).await });
            // What was cut off may wait for something on a thread of its own.
            runtime.shutdown_timeout(CUT_OFF);
            served
        }
    }
}

/// Says all that is wrong at once.
fn check(config: &Config) -> anyhow::Result<()> {
    let mistakes: Vec<_> = app::check(config).into_iter().chain(log_filter(&config.log).err()).collect();
    for mistake in &mistakes {
        eprintln!("{mistake:#}");
    }
    match mistakes.len() {
        0 => {
            eprintln!("The configuration can be used.");
            Ok(())
        }
        count => anyhow::bail!("mistakes in the configuration: {count}"),
    }
}

fn log_filter(config: &LogConfig) -> anyhow::Result<EnvFilter> {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| config.filter.clone());
    EnvFilter::try_new(&filter).with_context(|| format!("log.filter {filter:?}"))
}

/// At its most talkative the AWS SDK writes whole requests and answers, keys and passwords in them: no filter lets that through.
fn is_discreet(event: &Metadata<'_>) -> bool {
    !(event.target().starts_with("aws_") && *event.level() == Level::TRACE)
}

fn start_log(config: &LogConfig) -> anyhow::Result<()> {
    let filter = log_filter(config)?;
    let colours = std::io::stderr().is_terminal();
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    match config.format {
        LogFormat::Human => log.with_target(false).finish().with(filter_fn(is_discreet)).init(),
        LogFormat::Json => log.json().flatten_event(true).finish().with(filter_fn(is_discreet)).init(),
    }
    Ok(())
}
