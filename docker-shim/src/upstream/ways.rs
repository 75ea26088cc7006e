//! The ways to the image service: made for what the shim has to show, and anew when that is another.
//!
//! Invariant: what cannot be used never takes the place of what can. A call that is under way stays on the way it began on.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use telemetry::grpc::Asking;
use tonic::transport::Channel;

use super::{
    address::ServiceAddress,
    auth::{Auth, AuthFiles, Authorized, Stamps},
    line::Line,
};

/// An HTTP/2 connection is served by one task at each end. Twice as many as cores keep all of them busy under load.
pub(super) const CHANNELS: usize = 4;
/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// Channels and lines in turns.
#[derive(Debug)]
pub(super) struct Ways {
    address: ServiceAddress,
    files: AuthFiles,
    latest: Mutex<Latest>,
    next: AtomicUsize,
}

#[derive(Debug)]
struct Latest {
    made: Arc<Made>,
    stamps: Stamps,
    looked: Instant,
}

#[derive(Debug)]
struct Made {
    auth: Auth,
    channels: Vec<Channel>,
    lines: Vec<Line>,
}

impl Ways {
    /// Wants a tokio runtime around it.
    pub(super) fn new(address: ServiceAddress, files: AuthFiles) -> anyhow::Result<Self> {
        let stamps = files.stamps();
        let made = Arc::new(Made::new(&address, files.read(&address)?)?);
        let latest = Mutex::new(Latest { made, stamps, looked: Instant::now() });
        Ok(Self { address, files, latest, next: AtomicUsize::new(0) })
    }

    pub(super) const fn address(&self) -> &ServiceAddress {
        &self.address
    }

    pub(super) fn channel(&self) -> Asking<Authorized<Channel>> {
        let made = self.made();
        Asking(made.auth.on(made.channels[self.turn()].clone()))
    }

    pub(super) fn line(&self) -> Asking<Authorized<Line>> {
        let made = self.made();
        Asking(made.auth.on(made.lines[self.turn()].clone()))
    }

    /// A connection for one call alone.
    pub(super) fn own_channel(&self) -> anyhow::Result<Asking<Authorized<Channel>>> {
        let made = self.made();
        Ok(Asking(made.auth.on(self.address.channel(&made.auth)?)))
    }

    fn turn(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed) % CHANNELS
    }

    fn made(&self) -> Arc<Made> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if !latest.stamps.is_empty() && latest.looked.elapsed() >= INTERVAL {
            latest.looked = Instant::now();
            self.renew(&mut latest);
        }
        Arc::clone(&latest.made)
    }

    fn renew(&self, latest: &mut Latest) {
        let stamps = self.files.stamps();
        if stamps == latest.stamps {
            return;
        }
        latest.stamps = stamps;
        match self.files.read(&self.address).and_then(|auth| Made::new(&self.address, auth)) {
            Ok(made) => {
                latest.made = Arc::new(made);
                tracing::info!("what is shown to the image service has changed and is in use");
            }
            Err(why) => {
                tracing::error!(
                    "what is shown to the image service has changed and cannot be used, the old stays: {why:#}"
                );
            }
        }
    }
}

impl Made {
    fn new(address: &ServiceAddress, auth: Auth) -> anyhow::Result<Self> {
        let channels = (0..CHANNELS).map(|_| address.channel(&auth)).collect::<anyhow::Result<Vec<_>>>()?;
        let lines = channels.iter().map(|channel| address.line(channel)).collect();
        Ok(Self { auth, channels, lines })
    }
}
