//! `docker-shim`: flags, run, drain.

use clap::Parser;
use docker_shim::{
    config::{Command, Flags, Settings},
    health, logging,
    server::Server,
    upstream::Upstream,
};
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    let command = flags.command;
    let settings = flags.settle()?;
    if command == Some(Command::Health) {
        return health::check(&settings.socket);
    }
    logging::start(settings.log_format);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.worker_threads)
        .enable_all()
        .build()?;
    runtime.block_on(serve(settings))
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let upstream = Upstream::new(settings.image_service.clone(), settings.image_service_ca.as_deref())?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let server = Server::bind(&settings.socket, upstream, settings.loads)?;
    tracing::info!(socket = %server.place(&settings.socket).display(), image_service = %settings.image_service, "listening");
    let stop = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    server.run(stop).await;
    Ok(())
}
