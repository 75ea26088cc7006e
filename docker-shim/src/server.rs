//! Accepts connections, one task each, until it is told to stop; then lets running requests finish.
//!
//! Invariant: no client and no connection can end the accept loop.

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::bail;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use serving::{Inherited, Patience, Place, Places, Socket, accepted, service_manager, unavailable};
use tokio::net::UnixStream;

use crate::{
    config::{Limits, LoadAnswers},
    late_eof::LateEof,
    service::Shim,
    upstream::Upstream,
};

/// In words that Docker's clients show.
const FULL: &str = "{\"message\":\"too many connections to this server: try again later\"}\r\n";
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
    /// Binds the socket, unless one was handed over; clients may connect from now on. TCP is refused: whoever reaches a Docker API may do
    /// everything. Wants a tokio runtime around it.
    pub async fn bind(
        path: &Path,
        upstream: Upstream,
        loads: LoadAnswers,
        limits: Limits,
    ) -> anyhow::Result<Self> {
        let socket = match Inherited::take()? {
            Inherited::Nothing => Socket::bind(path).await?,
            Inherited::Unix(listener) => Socket::inherited(listener)?,
            Inherited::Tcp(_) => bail!("LISTEN_FDS: only a Unix socket can be served"),
        };
        let shim = Arc::new(Shim::new(upstream, loads, limits.stall));
        Ok(Self { socket, shim, limits })
    }

    /// Where it listens: a socket that was handed over may be elsewhere than `configured`.
    #[must_use]
    pub fn place(&self, configured: &Path) -> PathBuf {
        self.socket.path().unwrap_or_else(|| configured.to_owned())
    }

    /// Serves until `stop` is ready, then waits for running requests, but not for ever, and not when `urged` is ready too. The socket is gone at
    /// the end.
    pub async fn run(self, stop: impl Future<Output = ()>, urged: impl Future<Output = ()>) {
        let connections = GracefulShutdown::new();
        let _signs = service_manager::ready();
        tokio::select! {
            () = accept(&self.socket, &self.shim, self.limits, &connections) => {}
            () = stop => {}
        }
        service_manager::stopping();
        drop(self.socket);
        self.shim.end();
        tokio::select! {
            () = connections.shutdown() => {}
            () = tokio::time::sleep(self.limits.drain) => {
                tracing::warn!("some requests did not finish in time; they are broken off");
            }
            () = urged => {}
        }
    }
}

async fn accept(socket: &Socket, shim: &Arc<Shim>, limits: Limits, connections: &GracefulShutdown) {
    let places = Places::new(limits.connections, unavailable(FULL));
    loop {
        let stream = accepted(|| socket.accept()).await;
        if let Some((stream, place)) = places.seat(stream) {
            serve(stream, Arc::clone(shim), limits, connections, place);
        }
    }
}

/// A client that has left takes its running request with it, and the call behind that.
fn serve(stream: UnixStream, shim: Arc<Shim>, limits: Limits, connections: &GracefulShutdown, place: Place) {
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
