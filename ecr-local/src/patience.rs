//! A client's connection that ends when the client does not take what it asked for.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// Longer than a client takes that writes to a slow disk, and shorter than a buffer should be held for one that is gone.
const STALL: Duration = Duration::from_secs(300);

/// A connection.
pub(crate) struct Patience {
    stream: TcpStream,
    stalled: Option<Pin<Box<Sleep>>>,
    resets: Arc<AtomicBool>,
}

impl Patience {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, stalled: None, resets: Arc::default() }
    }

    /// When this is set, the connection does not end, it is reset.
    pub(crate) fn resets(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.resets)
    }

    /// Ends the wait that a write has begun, or goes on with it.
    fn judge<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let end = self.stalled.get_or_insert_with(|| Box::pin(sleep(STALL)));
        end.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        if self.resets.load(Ordering::Relaxed) {
            // Where it cannot be had, the connection ends without an answer all the same.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Patience {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Patience {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.judge(written, context)
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
