//! A client's connection whose end of input shows a moment late, if the client may still read.
//!
//! A client that sends no more has either closed its socket or waits for its answer with only its writing half shut (`nc -N`, `socat`).
//! The socket tells the two apart. Whoever waits gets an answer of the store in that moment; one who closed is gone at once.
//!
//! Invariant: a connection that its client has closed holds neither its file descriptor nor its task for the moment.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
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
        if self.end.is_none() && has_left(&self.stream) {
            return Poll::Ready(Ok(()));
        }
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(MOMENT)));
        end.as_mut().poll(context).map(Ok)
    }
}

/// A peer that shut its writing half shows as RDHUP only, one that closed the socket as HUP.
fn has_left(stream: &UnixStream) -> bool {
    let mut fds = [PollFd::new(stream, PollFlags::empty())];
    poll(&mut fds, Some(&Timespec::default())).is_ok_and(|_| fds[0].revents().contains(PollFlags::HUP))
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Whether the end shows as soon as the socket has it.
    async fn ends_at_once(stream: UnixStream) -> bool {
        stream.readable().await.unwrap();
        LateEof::new(stream).read(&mut [0]).now_or_never().is_some()
    }

    #[tokio::test]
    async fn only_a_client_that_may_still_read_is_waited_for() {
        let (client, server) = UnixStream::pair().unwrap();
        drop(client);
        assert!(ends_at_once(server).await);

        let (mut client, server) = UnixStream::pair().unwrap();
        client.shutdown().await.unwrap();
        assert!(!ends_at_once(server).await);
    }
}
