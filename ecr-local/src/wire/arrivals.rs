//! Taking connections from a listener: each has a place, and an end to the patience with its client.

use std::{
    io,
    net::SocketAddr,
    ops::{Deref, DerefMut},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use serving::{Patience, Place, Places, accepted, unavailable};
use tokio::net::{TcpListener, TcpStream};

/// A body comes in pieces of this size at most, and each connection holds some of them.
const READ_BUFFER: usize = 128 * 1024;
/// In the words of both planes: OCI's errors, and the message of AWS's.
const FULL: &str = "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"too many connections to this registry: try again \
     later\"}],\"message\":\"too many connections to this registry: try again later\"}";

/// What clients may take up, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections at once; one more is told to come again.
    pub(crate) connections: u32,
    /// For the head of a request, and between two of one connection.
    pub(crate) head: Duration,
    /// For some of an answer to be taken.
    pub(crate) stall: Duration,
}

impl Default for Limits {
    /// A stall is longer than a client takes that writes to a slow disk, and shorter than a buffer should be held for one that is gone.
    fn default() -> Self {
        Self { connections: 1024, head: Duration::from_secs(60), stall: Duration::from_secs(300) }
    }
}

/// The clients of a listener.
#[derive(Debug)]
pub(crate) struct Arrivals {
    listener: TcpListener,
    places: Places,
    limits: Limits,
}

/// A connection that is to be served.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) stream: Patience<Pin<Resettable>>,
    pub(crate) peer: SocketAddr,
    /// When this is set, the connection does not end, it is reset.
    pub(crate) resets: Arc<AtomicBool>,
    /// To be held as long as the connection is there.
    pub(crate) place: Place,
}

impl Arrivals {
    pub(crate) fn new(listener: TcpListener, limits: Limits) -> Self {
        let places = Places::new(limits.connections, unavailable(FULL));
        Self { listener, places, limits }
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// How what they say is read.
    pub(crate) fn protocol(&self) -> http1::Builder {
        let mut protocol = http1::Builder::new();
        protocol.timer(TokioTimer::new()).header_read_timeout(self.limits.head).max_buf_size(READ_BUFFER);
        protocol
    }

    /// The next client who has a place.
    pub(crate) async fn next(&self) -> Arrival {
        loop {
            let (stream, peer) = accepted(|| self.listener.accept()).await;
            let Some((stream, place)) = self.places.seat(stream) else { continue };
            // Answers are small or written in large pieces: waiting for more gains nothing.
            let _ = stream.set_nodelay(true);
            let resets = Arc::<AtomicBool>::default();
            let stream = Pin::new(Resettable { stream, resets: Arc::clone(&resets) });
            return Arrival { stream: Patience::new(stream, self.limits.stall), peer, resets, place };
        }
    }
}

/// A stream that is reset at its end, if that was said.
#[derive(Debug)]
pub(crate) struct Resettable {
    stream: TcpStream,
    resets: Arc<AtomicBool>,
}

impl Deref for Resettable {
    type Target = TcpStream;

    fn deref(&self) -> &TcpStream {
        &self.stream
    }
}

impl DerefMut for Resettable {
    fn deref_mut(&mut self) -> &mut TcpStream {
        &mut self.stream
    }
}

impl Drop for Resettable {
    fn drop(&mut self) {
        if self.resets.load(Ordering::Relaxed) {
            // Where it cannot be had, the connection ends without an answer all the same.
            let _ = self.stream.set_zero_linger();
        }
    }
}
