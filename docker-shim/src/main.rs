//! `docker-shim`: flags, run, drain.

use anyhow::Context as _;
use clap::Parser;
use docker_shim::{
    config::{Command, Flags, Settings},
    health,
    server::Server,
    upstream::Upstream,
};
use telemetry::{Telemetry, logs};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    if flags.command == Some(Command::Health) {
        return health::check(&flags.socket()?);
    }
    let settings = flags.settle()?;
    logs::start(settings.log_format, logs::filter("info").context("RUST_LOG")?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.worker_threads)
        .enable_all()
        .build()?;
    let telemetry = runtime.block_on(serve(settings))?;
    telemetry.end();
    Ok(())
}

async fn serve(settings: Settings) -> anyhow::Result<Telemetry> {
    let upstream = Upstream::new(settings.image_service.clone(), settings.auth)?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (said, told) = watch::channel(0);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            said.send_modify(|times| *times += 1);
        }
    });
    let server = Server::bind(&settings.socket, upstream, settings.loads, settings.limits)?;
    // Later than a socket is taken out of the environment: it has threads of its own.
    let telemetry = telemetry::start(&settings.telemetry, env!("CARGO_PKG_VERSION")).await?;
    tracing::info!(socket = %server.place(&settings.socket).display(), image_service = %settings.image_service, "listening");
    server.run(times(told.clone(), 1), times(told, 2)).await;
    Ok(telemetry)
}

/// Ready when the process was told to end so many times.
async fn times(mut told: watch::Receiver<u32>, times: u32) {
    // Who tells is never gone.
    let _ = told.wait_for(|told| *told >= times).await;
}
