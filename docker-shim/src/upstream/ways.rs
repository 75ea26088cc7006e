//! The ways to the image service: made for what the shim has to show, and anew when that is another.
//!
//! Invariant: a call that is under way stays on the way it began on.

use std::sync::atomic::{AtomicUsize, Ordering};

use serving::Fresh;
use telemetry::grpc::Asking;
use tonic::transport::Channel;

use super::{
    address::ServiceAddress,
    auth::{Auth, AuthFiles, Authorized},
    line::Line,
};

/// An HTTP/2 connection is served by one task at each end. Twice as many as cores keep all of them busy under load.
pub(super) const CHANNELS: usize = 4;

/// Channels and lines in turns.
#[derive(Debug)]
pub(super) struct Ways {
    address: ServiceAddress,
    made: Fresh<Made>,
    next: AtomicUsize,
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
        let (paths, to) = (files.paths(), address.clone());
        let make = move || Made::new(&to, files.read(&to)?);
        let made = Fresh::open("the credentials for the image service", paths, make)?;
        Ok(Self { address, made, next: AtomicUsize::new(0) })
    }

    pub(super) const fn address(&self) -> &ServiceAddress {
        &self.address
    }

    pub(super) fn channel(&self) -> Asking<Authorized<Channel>> {
        let made = self.made.get();
        Asking(made.auth.on(made.channels[self.turn()].clone()))
    }

    pub(super) fn line(&self) -> Asking<Authorized<Line>> {
        let made = self.made.get();
        Asking(made.auth.on(made.lines[self.turn()].clone()))
    }

    /// A connection for one call alone.
    pub(super) fn own_channel(&self) -> anyhow::Result<Asking<Authorized<Channel>>> {
        let made = self.made.get();
        Ok(Asking(made.auth.on(self.address.channel(&made.auth)?)))
    }

    fn turn(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed) % CHANNELS
    }
}

impl Made {
    fn new(address: &ServiceAddress, auth: Auth) -> anyhow::Result<Self> {
        let channels = (0..CHANNELS).map(|_| address.channel(&auth)).collect::<anyhow::Result<Vec<_>>>()?;
        let lines = channels.iter().map(|channel| address.line(channel)).collect();
        Ok(Self { auth, channels, lines })
    }
}
