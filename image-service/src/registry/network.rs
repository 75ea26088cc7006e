//! What the client needs of the machine: names, time, patience.

use std::{fmt::Debug, io, net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;

/// No well-behaved registry lets a client wait longer for a header, or for the next piece of a body.
const STALL: Duration = Duration::from_secs(60);

/// Resolves names.
#[async_trait]
pub trait Lookup: Send + Sync + Debug {
    /// All addresses of a host.
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Waits.
#[async_trait]
pub trait Timer: Send + Sync + Debug {
    /// Until the time has passed.
    async fn sleep(&self, duration: Duration);
}

/// How the client reaches the world. The default is this machine's resolver and clock.
#[derive(Clone, Debug)]
pub struct Network {
    /// Names to addresses.
    pub lookup: Arc<dyn Lookup>,
    /// Waits between tries.
    pub timer: Arc<dyn Timer>,
    /// How long an answer may take to begin, or to go on.
    pub stall: Duration,
}

impl Default for Network {
    fn default() -> Self {
        Self { lookup: Arc::new(SystemLookup), timer: Arc::new(SystemTimer), stall: STALL }
    }
}

#[derive(Debug)]
struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

#[derive(Debug)]
struct SystemTimer;

#[async_trait]
impl Timer for SystemTimer {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
