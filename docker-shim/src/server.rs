//! Accepts connections, one task each, until it is told to stop; then lets running requests finish.
//!
//! Invariant: no client and no connection can end the accept loop.

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::UnixStream,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use crate::{
    config::{Limits, LoadAnswers},
    full_house::FullHouse,
    late_eof::LateEof,
    patience::Patience,
    service::Shim,
    service_manager::Announced,
    socket::Socket,
    upstream::Upstream,
};

/// A process out of file descriptors gets some back when connections end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Of a request, as Docker's own clients never have as many.
const MOST_HEADERS: usize = 100;

/// A server that is bound and not yet running.
#[derive(Debug)]
pub struct Server {
    socket: Socket,
    shim: Arc<Shim>,
    limits: Limits,
}

impl Server {
    /// Binds the socket, unless one was handed over; clients may connect from now on. Wants a tokio runtime around it.
    pub fn bind(path: &Path, upstream: Upstream, loads: LoadAnswers, limits: Limits) -> anyhow::Result<Self> {
        let socket = Socket::inherited()?.map_or_else(|| Socket::bind(path), Ok)?;
        let shim = Arc::new(Shim::new(upstream, loads, limits.stall));
        Ok(Self { socket, shim, limits })
    }

    /// Where it listens: a socket that was handed over may be elsewhere than `configured`.
    #[must_use]
    pub fn place(&self, configured: &Path) -> PathBuf {
        let address = self.socket.listener.local_addr();
        let bound = address.ok().and_then(|address| address.as_pathname().map(Path::to_owned));
        bound.unwrap_or_else(|| configured.to_owned())
    }

    /// Serves until `stop` is ready, then waits for running requests, but not for ever, and not when `urged` is ready too. The socket is gone at
    /// the end.
    pub async fn run(self, stop: impl Future<Output = ()>, urged: impl Future<Output = ()>) {
        let connections = GracefulShutdown::new();
        let announced = Announced::ready();
        tokio::select! {
            () = accept(&self.socket, &self.shim, self.limits, &connections) => {}
            () = stop => {}
        }
        announced.stopping();
        drop(self.socket);
        tracing::info!("stopping: finishing what is under way");
        self.shim.end();
        tokio::select! {
            () = connections.shutdown() => {}
            () = tokio::time::sleep(self.limits.drain) => {
                tracing::warn!("some requests did not finish in time; they are broken off");
            }
            () = urged => tracing::info!("stopping at once: told again"),
        }
    }
}

async fn accept(socket: &Socket, shim: &Arc<Shim>, limits: Limits, connections: &GracefulShutdown) {
    let places = Arc::new(Semaphore::new(limits.connections as usize));
    let house = FullHouse::new(limits.connections);
    loop {
        match socket.listener.accept().await {
            Ok((stream, _)) => match Arc::clone(&places).try_acquire_owned() {
                Ok(place) => serve(stream, Arc::clone(shim), limits, connections, place),
                Err(_) => house.turn_away(stream),
            },
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// A client that has left takes its running request with it, and the call behind that.
fn serve(
    stream: UnixStream,
    shim: Arc<Shim>,
    limits: Limits,
    connections: &GracefulShutdown,
    place: OwnedSemaphorePermit,
) {
    let service = service_fn(move |request| {
        let shim = Arc::clone(&shim);
        async move { Ok::<_, Infallible>(shim.respond(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(MOST_HEADERS)
        .title_case_headers(true)
        .half_close(false)
        .serve_connection(TokioIo::new(Patience::new(LateEof::new(stream), limits.stall)), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        let _place = place;
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection ended");
        }
    });
}
