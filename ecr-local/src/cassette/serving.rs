//! A listener with one answer for every request: a recorder or a replayer.

use std::{io, net::SocketAddr, sync::Arc};

use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::CassetteError;
use crate::wire::{Answer, Arrival, Arrivals, Limits};

/// A recorder or a replayer that is running. It stops when this is dropped.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    accepting: JoinHandle<()>,
    stop: DropGuard,
}

impl Serving {
    /// Listens, and answers every request by a handler.
    pub(super) async fn start<H, F>(listen: &str, handler: H) -> Result<Self, CassetteError>
    where
        H: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        let fault = |cause| CassetteError::Listen { address: listen.to_owned(), cause };
        let listener = TcpListener::bind(listen).await.map_err(fault)?;
        let arrivals = Arrivals::new(listener, Limits::default());
        let address = arrivals.address().map_err(fault)?;
        let stop = CancellationToken::new();
        let accepting = tokio::spawn(accept(arrivals, Arc::new(handler), stop.clone()));
        Ok(Self { address, accepting, stop: stop.drop_guard() })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, and breaks off what is under way.
    pub async fn shutdown(self) {
        drop(self.stop);
        if let Err(error) = self.accepting.await {
            tracing::error!(%error, "the listener did not end well");
        }
    }
}

async fn accept<H, F>(arrivals: Arrivals, handler: Arc<H>, stop: CancellationToken)
where
    H: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let protocol = arrivals.protocol();
    while let Some(arrival) = stop.run_until_cancelled(arrivals.next()).await {
        let Arrival { stream, place, .. } = arrival;
        let handler = Arc::clone(&handler);
        let service = service_fn(move |request| {
            // What was begun comes to its end, even if its client leaves.
            let answering = tokio::spawn(handler(request));
            async move { answering.await.map_err(io::Error::other) }
        });
        let connection = protocol.serve_connection(TokioIo::new(stream), service);
        let stop = stop.clone();
        tokio::spawn(async move {
            let _place = place;
            stop.run_until_cancelled(connection).await
        });
    }
}
