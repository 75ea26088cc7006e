//! A client's connection whose end of input shows a moment late.
//!
//! A client that sends no more has either left or waits for its answer (`nc -N`, `socat`); the socket does not tell which. Whoever waits
//! gets an answer of the store in that moment, and a pull of one who left is dropped after it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::UnixStream,
    time::{Sleep, sleep},
};

/// Much longer than an inspect takes, and short for a pull that nobody waits for.
const MOMENT: Duration = Duration::from_secs(1);

/// A connection.
pub(crate) struct LateEof {
    stream: UnixStream,
    end: Option<Pin<Box<Sleep>>>,
}

impl LateEof {
    pub(crate) fn new(stream: UnixStream) -> Self {
        Self { stream, end: None }
    }
}

impl AsyncRead for LateEof {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.end.is_none() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
            if buffer.filled().len() > before || buffer.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
        }
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(MOMENT)));
        end.as_mut().poll(context).map(Ok)
    }
}

impl AsyncWrite for LateEof {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
