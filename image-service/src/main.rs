//! The image service's command line.

mod commands;

use std::{io::IsTerminal, time::Duration};

use anyhow::Context;
use clap::Parser;
use commands::{
    Settings, config::ConfigCommand, db::DbCommand, health::HealthCommand, keys::KeysCommand,
    token::TokenCommand,
};
use image_service::{
    app,
    config::{Config, LogConfig, LogFormat},
    shutdown::Shutdown,
};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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
    Db(DbCommand),
    /// Look at the keys that stored credentials are sealed under, and change them.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Tokens for those who call the service.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Say whether the service that has this configuration is ready.
    Health(HealthCommand),
}

fn main() -> anyhow::Result<()> {
    // One TLS stack; installed first, because reqwest and tonic take whatever is installed.
    let installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    installed.map_err(|_| anyhow::anyhow!("a TLS provider is installed already"))?;
    match Command::parse() {
        Command::Config(command) => command.run(obstacles),
        Command::Db(command) => command.run(),
        Command::Keys(command) => command.run(),
        Command::Token(command) => command.run(),
        Command::Health(command) => command.run(),
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

/// What keeps a configuration from being served, beyond what is in the document.
fn obstacles(config: &Config) -> Vec<anyhow::Error> {
    app::check(config).into_iter().chain(log_filter(&config.log).err()).collect()
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
