//! Accepts connections, one task each, until it is told to stop; then lets running requests finish.
//!
//! Invariant: no client and no connection can end the accept loop.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    front::Front,
    garbage::Collected,
    scan_script::{ScanScript, ScriptError},
    simulation::Simulation,
    store::Store,
    wire::{Arrival, Arrivals},
};

/// For requests that run when the server is told to stop.
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);

/// A registry that is running. It stops when this is dropped; `shutdown` waits for that.
pub struct Running {
    address: SocketAddr,
    pub(crate) simulation: Simulation,
    serving: JoinHandle<()>,
    stop: DropGuard,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Running {
    pub(crate) fn start(arrivals: Arrivals, front: Front, collect_every: Duration) -> io::Result<Self> {
        let address = arrivals.address()?;
        let simulation = front.simulation.clone();
        let (front, stop) = (Arc::new(front), CancellationToken::new());
        let store = Arc::clone(&front.data.store);
        let collecting = collect_for_ever(Arc::clone(&store), collect_every);
        tokio::spawn(stop.clone().run_until_cancelled_owned(collecting));
        let replicator = Arc::clone(&front.control.replicator);
        let replicating = async move { replicator.run().await };
        tokio::spawn(stop.clone().run_until_cancelled_owned(replicating));
        let serving = tokio::spawn(serve(arrivals, front, stop.clone()));
        Ok(Self { address, simulation, serving, stop: stop.drop_guard() })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes away what nobody needs, as it happens from time to time anyway.
    ///
    /// # Errors
    /// If a file or the database cannot be written.
    pub async fn collect_garbage(&self) -> io::Result<Collected> {
        self.simulation.store.collect_garbage().await
    }

    /// Says what scans come to, and whether they are held back. It is kept when this returns.
    ///
    /// # Errors
    /// If the script names nothing that could be, or the database cannot be written.
    pub async fn script_scans(&self, script: &ScanScript) -> Result<(), ScriptError> {
        self.simulation.store.keep_script(script).await
    }

    /// Stops accepting, lets running requests finish for a while, and gives up the data folder.
    pub async fn shutdown(self) {
        drop(self.stop);
        if let Err(error) = self.serving.await {
            tracing::error!(%error, "the server did not end well");
        }
        self.simulation.store.state.close().await;
    }
}

async fn serve(arrivals: Arrivals, front: Arc<Front>, stop: CancellationToken) {
    let connections = GracefulShutdown::new();
    let cut_off = CancellationToken::new();
    tokio::select! {
        () = accept(&arrivals, &front, &connections, &cut_off) => {}
        () = stop.cancelled() => {}
    }
    drop(arrivals);
    if tokio::time::timeout(DRAIN_DEADLINE, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time; they are broken off");
    }
    // What is being received ends with its connection; what is being recorded comes to its end.
    cut_off.cancel();
    front.data.pull_through.stop().await;
    front.running.close();
    front.running.wait().await;
}

async fn accept(
    arrivals: &Arrivals,
    front: &Arc<Front>,
    connections: &GracefulShutdown,
    cut_off: &CancellationToken,
) {
    let protocol = arrivals.protocol();
    loop {
        let arrival = arrivals.next().await;
        connect(&protocol, arrival, Arc::clone(front), connections, cut_off.clone());
    }
}

fn connect(
    protocol: &http1::Builder,
    arrival: Arrival,
    front: Arc<Front>,
    connections: &GracefulShutdown,
    cut_off: CancellationToken,
) {
    let Arrival { stream, peer, resets, place } = arrival;
    let service = service_fn(move |request| {
        let (front, resets) = (Arc::clone(&front), Arc::clone(&resets));
        async move {
            let answer = front.respond(peer.ip(), request).await;
            answer.inspect_err(|_| resets.store(true, Ordering::Relaxed))
        }
    });
    let connection = connections.watch(protocol.serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        let _place = place;
        if let Some(Err(error)) = cut_off.run_until_cancelled(connection).await {
            tracing::debug!(%error, "connection ended");
        }
    });
}

/// At the start what a crash has left, and then from time to time what nobody needs.
async fn collect_for_ever(store: Arc<Store>, every: Duration) {
    match store.remove_orphans().await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "files that no row knew are gone"),
        Err(error) => tracing::error!(%error, "cannot look for files that no row knows"),
    }
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match store.collect_garbage().await {
            Ok(collected) if collected == Collected::default() => {}
            Ok(collected) => tracing::info!(collected.blobs, collected.uploads, "garbage collected"),
            Err(error) => tracing::error!(%error, "cannot collect garbage"),
        }
    }
}
