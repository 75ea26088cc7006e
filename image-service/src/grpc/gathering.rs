//! A connection that sends a short answer at once.
//!
//! HTTP/2 hands a connection whose writes are vectored every message of 256 bytes and more by itself, and what ends the answer after it: two
//! system calls, and a caller who is woken twice. A connection whose writes are not gets up to a kilobyte together with what is around it.
//!
//! Invariant: what was written is sent when it is flushed; what is too long to gather passes.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, BufWriter, ReadBuf};
use tonic::transport::server::Connected;

/// A frame of HTTP/2 as it is sent to those who ask for no larger ones, with room for its head and for what comes before it.
const ROOM: usize = 18 * 1024;

/// A connection, in front of which writes are gathered.
#[derive(Debug)]
pub(super) struct Gathering<C>(BufWriter<C>);

impl<C: AsyncWrite> Gathering<C> {
    pub(super) fn new(connection: C) -> Self {
        Self(BufWriter::with_capacity(ROOM, connection))
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> AsyncRead for Gathering<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(self.0.get_mut()).poll_read(context, buffer)
    }
}

/// Not vectored, whatever the connection is.
impl<C: AsyncWrite + Unpin> AsyncWrite for Gathering<C> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl<C: Connected + AsyncWrite> Connected for Gathering<C> {
    type ConnectInfo = C::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.0.get_ref().connect_info()
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::UnixStream,
    };

    use super::*;

    #[tokio::test]
    async fn what_is_written_piece_by_piece_arrives_at_once() {
        let (mut caller, served) = UnixStream::pair().unwrap();
        let mut served = Gathering::new(served);
        assert!(!served.is_write_vectored());
        for piece in ["head, ", "message, ", "end"] {
            served.write_all(piece.as_bytes()).await.unwrap();
        }
        assert!(caller.try_read(&mut [0; 64]).is_err(), "nothing is sent before the end");
        served.flush().await.unwrap();
        let mut arrived = [0; 64];
        let length = caller.read(&mut arrived).await.unwrap();
        assert_eq!(&arrived[..length], b"head, message, end");
    }

    #[tokio::test]
    async fn what_is_longer_than_the_room_arrives_whole() {
        let (mut caller, served) = UnixStream::pair().unwrap();
        let long: Vec<u8> = (0..20 * ROOM).map(|number| number as u8).collect();
        let mut arrived = Vec::new();
        let send = async {
            let mut served = Gathering::new(served);
            served.write_all(b"x").await.unwrap();
            served.write_all(&long).await.unwrap();
            served.shutdown().await.unwrap();
        };
        let (_, read) = tokio::join!(send, caller.read_to_end(&mut arrived));
        assert_eq!(read.unwrap(), 1 + long.len());
        assert_eq!(arrived[1..], long);
    }
}
