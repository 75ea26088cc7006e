//! `docker-shim`: flags, run, drain.

use anyhow::Context as _;
use clap::Parser;
use docker_shim::{
    config::{Flags, Settings},
    server::Server,
    upstream::Upstream,
};
use telemetry::logs;
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> anyhow::Result<()> {
    let settings = Flags::parse().settle()?;
    logs::start(settings.log_format, logs::filter("info").context("RUST_LOG")?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.worker_threads)
        .enable_all()
        .build()?;
    let telemetry = runtime.block_on(telemetry::start(&settings.telemetry, env!("CARGO_PKG_VERSION")))?;
    let served = runtime.block_on(serve(settings));
    telemetry.end();
    served
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let upstream = Upstream::new(settings.image_service.clone(), settings.image_service_ca.as_deref())?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let server = Server::bind(&settings.socket, upstream, settings.loads)?;
    tracing::info!(socket = %settings.socket.display(), image_service = %settings.image_service, "listening");
    let stop = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    server.run(stop).await;
    Ok(())
}
