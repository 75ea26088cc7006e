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
use tokio::net::UnixStream;

use crate::{
    config::LoadAnswers, late_eof::LateEof, service::Shim, service_manager::Announced, socket::Socket,
    upstream::Upstream,
};

/// Docker's own patience with the head of a request; idle connections fall under it too.
const HEAD_DEADLINE: Duration = Duration::from_secs(300);
/// For requests that run when the server is told to stop.
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);
/// A process out of file descriptors gets some back when connections end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A server that is bound and not yet running.
#[derive(Debug)]
pub struct Server {
    socket: Socket,
    shim: Arc<Shim>,
}

impl Server {
    /// Binds the socket, unless one was handed over; clients may connect from now on. Wants a tokio runtime around it.
    pub fn bind(path: &Path, upstream: Upstream, loads: LoadAnswers) -> anyhow::Result<Self> {
        let socket = Socket::inherited()?.map_or_else(|| Socket::bind(path), Ok)?;
        Ok(Self { socket, shim: Arc::new(Shim::new(upstream, loads)) })
    }

    /// Where it listens: a socket that was handed over may be elsewhere than `configured`.
    #[must_use]
    pub fn place(&self, configured: &Path) -> PathBuf {
        let address = self.socket.listener.local_addr();
        let bound = address.ok().and_then(|address| address.as_pathname().map(Path::to_owned));
        bound.unwrap_or_else(|| configured.to_owned())
    }

    /// Serves until `stop` is ready, then waits for running requests, but not for ever. The socket is gone at the end.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let connections = GracefulShutdown::new();
        let announced = Announced::ready();
        tokio::select! {
            () = accept(&self.socket, &self.shim, &connections) => {}
            () = stop => {}
        }
        announced.stopping();
        drop(self.socket);
        tracing::info!("stopping");
        if tokio::time::timeout(DRAIN_DEADLINE, connections.shutdown()).await.is_err() {
            tracing::warn!("some requests did not finish in time");
        }
    }
}

async fn accept(socket: &Socket, shim: &Arc<Shim>, connections: &GracefulShutdown) {
    loop {
        match socket.listener.accept().await {
            Ok((stream, _)) => serve(stream, Arc::clone(shim), connections),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// A client that has left takes its running request with it, and the call behind that.
fn serve(stream: UnixStream, shim: Arc<Shim>, connections: &GracefulShutdown) {
    let service = service_fn(move |request| {
        let shim = Arc::clone(&shim);
        async move { Ok::<_, Infallible>(shim.respond(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .title_case_headers(true)
        .half_close(false)
        .serve_connection(TokioIo::new(LateEof::new(stream)), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection ended");
        }
    });
}
