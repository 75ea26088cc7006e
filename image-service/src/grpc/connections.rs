//! The connections of the listener: at most so many, and none whose client does not begin to speak.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use serving::{Place, Places};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};
use tonic::transport::server::Connected;

use crate::config::ServingConfig;

/// What every client of HTTP/2 begins with (RFC 9113, section 3.4); one of TLS begins with more.
const PREFACE: usize = 24;
/// Settings without any, then GOAWAY of stream 0 with `ENHANCE_YOUR_CALM` and a word for people (RFC 9113, sections 6.5 and 6.8).
const FULL: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\x1c\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0btoo many connections";

/// Connections that have a place, out of those that come in. `speaks_plainly`: a refusal can be read without TLS.
pub(super) fn limited<C>(
    incoming: impl Stream<Item = C>,
    config: &ServingConfig,
    speaks_plainly: bool,
) -> impl Stream<Item = io::Result<Placed<C>>>
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let places = Places::new(config.connections.get(), if speaks_plainly { FULL } else { &[] });
    let head = config.head;
    incoming.filter_map(move |connection| {
        let seated = places.seat(connection);
        std::future::ready(seated.map(|(connection, place)| Ok(Placed::new(connection, place, head))))
    })
}

/// A connection that has a place, and must begin to speak in time.
#[derive(Debug)]
pub(super) struct Placed<C> {
    connection: C,
    _place: Place,
    /// Until the first bytes are there.
    head: Option<(Pin<Box<Sleep>>, usize)>,
}

impl<C> Placed<C> {
    fn new(connection: C, place: Place, head: Duration) -> Self {
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
