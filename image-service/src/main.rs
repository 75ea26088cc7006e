//! The image service's command line.

mod commands;

use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use commands::{
    Settings, config::ConfigCommand, db::DbCommand, health::HealthCommand, keys::KeysCommand,
    token::TokenCommand,
};
use image_service::{
    app,
    config::{Config, LogConfig},
};
use serving::{Inherited, Shutdown};
use telemetry::logs;

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
            let config = settings.clone().resolve()?;
            let reread = Box::new(move || settings.reread());
            logs::start(config.log.format, log_filter(&config.log)?);
            let telemetry = config.telemetry.clone().with_environment()?;
            // First of all, while nothing else runs: it changes the environment.
            let inherited = Inherited::take()?;
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let telemetry = runtime.block_on(telemetry::start(&telemetry, env!("CARGO_PKG_VERSION")))?;
            let served = runtime
                .block_on(async { app::run(config, reread, inherited, Shutdown::on_signals()?).await });
            telemetry.end();
            // What was cut off may wait for something on a thread of its own.
            runtime.shutdown_timeout(CUT_OFF);
            served
        }
    }
}

/// What keeps a configuration from being served, beyond what is in the document.
fn obstacles(config: &Config) -> Vec<anyhow::Error> {
    let telemetry = config.telemetry.clone().with_environment().and_then(|telemetry| telemetry.check());
    app::check(config).into_iter().chain(log_filter(&config.log).err()).chain(telemetry.err()).collect()
}

fn log_filter(config: &LogConfig) -> anyhow::Result<logs::Filter> {
    let said = std::env::var_os("RUST_LOG").map(|said| format!("RUST_LOG {said:?}"));
    let said = || said.unwrap_or_else(|| format!("log.filter {:?}", config.filter));
    logs::filter(&config.filter).with_context(said)
}
