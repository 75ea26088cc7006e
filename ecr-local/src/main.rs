//! A local ECR as a program: log, signals.

#[cfg(feature = "cassette")]
mod commands;
mod flags;

use std::{io::IsTerminal, process::ExitCode};

use clap::Parser;
use serving::Shutdown;
use tracing_subscriber::EnvFilter;

use flags::Flags;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let flags = Flags::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
    let shutdown = Shutdown::on_signals()?;
    #[cfg(feature = "cassette")]
    if let Some(command) = flags.command {
        return command.run(shutdown.is_asked()).await;
    }
    let running = flags.builder()?.start().await?;
    tracing::info!("listening on {}", running.address());
    shutdown.is_asked().await;
    tokio::select! {
        () = running.shutdown() => {}
        () = shutdown.is_urged() => {}
    }
    Ok(ExitCode::SUCCESS)
}
