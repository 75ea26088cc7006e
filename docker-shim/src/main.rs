//! `docker-shim`: flags, run, drain.

use anyhow::Context as _;
use clap::Parser;
use docker_shim::{
    config::{Command, Flags, Settings},
    health,
    server::Server,
    upstream::Upstream,
};
use serving::Shutdown;
use telemetry::{Telemetry, logs};

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
    let shutdown = Shutdown::on_signals()?;
    let server = Server::bind(&settings.socket, upstream, settings.loads, settings.limits).await?;
    // Later than a socket is taken out of the environment: it has threads of its own.
    let telemetry = telemetry::start(&settings.telemetry, env!("CARGO_PKG_VERSION")).await?;
    tracing::info!(socket = %server.place(&settings.socket).display(), image_service = %settings.image_service, "listening");
    server.run(shutdown.is_asked(), shutdown.is_urged()).await;
    Ok(telemetry)
}
