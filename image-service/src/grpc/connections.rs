//! The connections of the listener: at most so many, and none whose client does not begin to speak.
//!
//! Invariant: nothing that a client does, and no lack of file descriptors, ends the stream of connections.

use std::{
    io,
    num::NonZeroU32,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::{Stream, StreamExt, future::ready as now};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep, timeout},
};
use tonic::transport::server::Connected;

/// A process out of file descriptors gets some back when connections end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// What every client of HTTP/2 begins with (RFC 9113, section 3.4); one of TLS begins with more.
const PREFACE: usize = 24;
/// Clients that are told at once that there is no place for them; others are only turned away.
const MOST_REFUSALS: usize = 64;
/// How long telling may take.
const REFUSAL: Duration = Duration::from_secs(1);
/// Settings without any, then GOAWAY of stream 0 with `ENHANCE_YOUR_CALM` and a word for people (RFC 9113, sections 6.5 and 6.8).
const FULL: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\x1c\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0btoo many connections";

/// Connections that have a place, out of those that come in. `speaks_plainly`: a refusal can be read without TLS.
pub(super) fn limited<C>(
    incoming: impl Stream<Item = io::Result<C>>,
    most: NonZeroU32,
    head: Duration,
    speaks_plainly: bool,
) -> impl Stream<Item = io::Result<Placed<C>>>
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let places = Arc::new(Semaphore::new(most.get() as usize));
    let refusals = Arc::new(Semaphore::new(MOST_REFUSALS));
    let mut is_full = false;
    let accepted = incoming.then(async |connection| match connection {
        Ok(connection) => Some(connection),
        Err(error) => {
            tracing::warn!(%error, "cannot accept a connection");
            sleep(ACCEPT_PAUSE).await;
            None
        }
    });
    accepted.filter_map(now).filter_map(move |connection| {
        let place = Arc::clone(&places).try_acquire_owned().ok();
        if place.is_none() && !is_full {
            tracing::warn!(connections = most, "there are as many connections as may be; others are refused");
        }
        is_full = place.is_none();
        now(match place {
            Some(place) => Some(Ok(Placed::new(connection, place, head))),
            None => {
                if let (true, Ok(turn)) = (speaks_plainly, Arc::clone(&refusals).try_acquire_owned()) {
                    tokio::spawn(refuse(connection, turn));
                }
                None
            }
        })
    })
}

/// What the client sends meanwhile is read away: to close a socket with unread bytes takes back what was written to it.
async fn refuse<C: AsyncRead + AsyncWrite + Unpin>(mut connection: C, _turn: OwnedSemaphorePermit) {
    let told = async {
        connection.write_all(FULL).await?;
        connection.shutdown().await?;
        while connection.read(&mut [0; 1024]).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = timeout(REFUSAL, told).await;
}

/// A connection that has a place, and must begin to speak in time.
#[derive(Debug)]
pub(super) struct Placed<C> {
    connection: C,
    _place: OwnedSemaphorePermit,
    /// Until the first bytes are there.
    head: Option<(Pin<Box<Sleep>>, usize)>,
}

impl<C> Placed<C> {
    fn new(connection: C, place: OwnedSemaphorePermit, head: Duration) -> Self {
        Self { connection, _place: place, head: Some((Box::pin(sleep(head)), PREFACE)) }
    }
}

impl<C: AsyncRead + Unpin> AsyncRead for Placed<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { connection, head, .. } = &mut *self;
        let Some((deadline, missing)) = head else { return Pin::new(connection).poll_read(context, buffer) };
        let before = buffer.filled().len();
        let Poll::Ready(read) = Pin::new(connection).poll_read(context, buffer) else {
            ready!(deadline.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        };
        *missing = missing.saturating_sub(buffer.filled().len() - before);
        if *missing == 0 {
            *head = None;
        }
        Poll::Ready(read)
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Placed<C> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }
}

impl<C: Connected> Connected for Placed<C> {
    type ConnectInfo = C::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.connection.connect_info()
    }
}
