//! A stream of pieces as a blocking reader.

use std::{
    io::{self, Read},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::Body;
use crate::{
    error::{Error, Result},
    ports::StagingSession,
};

/// Pieces that wait for the reading thread.
const AHEAD: usize = 4;
/// What a client has to send while it is waited for, or it is given up: as much as the shim puts into a message.
const LEAST: usize = 256 << 10;

enum Piece {
    Bytes(Bytes),
    /// The end, said out loud: a feeder that dies must not look like one.
    End,
}

/// The reading end. Its errors carry the domain's.
pub(super) struct Input {
    pieces: mpsc::Receiver<Result<Piece>>,
    current: Bytes,
    ended: bool,
}

/// The reader, and the work that feeds it. A client may be waited for as long as `stall` for every `LEAST` bytes. The first failure of an upload is what the reader then fails with.
pub(super) fn feed(
    mut body: Body,
    stall: Duration,
    session: Option<Arc<dyn StagingSession>>,
) -> (Input, impl Future<Output = ()> + Send) {
    let (sender, pieces) = mpsc::channel(AHEAD);
    let feeding = async move {
        let failed = async {
            match &session {
                Some(session) => session.failed().await,
                None => std::future::pending().await,
            }
        };
        let feeding = async {
            let mut patience = Patience::new(stall);
            while let Some(piece) = patience.next(&mut body).await {
                let last = piece.is_err();
                if sender.send(piece.map(Piece::Bytes)).await.is_err() || last {
                    return;
                }
            }
            // The reader may have ended before the body did.
            let _ = sender.send(Ok(Piece::End)).await;
        };
        let failure = tokio::select! {
            failure = failed => failure,
            () = feeding => return,
        };
        let _ = sender.send(Err(failure)).await;
    };
    (Input { pieces, current: Bytes::new(), ended: false }, feeding)
}

/// With a client that is slow, or drips.
struct Patience {
    limit: Duration,
    left: Duration,
    /// Since it was whole.
    came: usize,
}

impl Patience {
    const fn new(limit: Duration) -> Self {
        Self { limit, left: limit, came: 0 }
    }

    async fn next(&mut self, body: &mut Body) -> Option<Result<Bytes>> {
        let since = Instant::now();
        match tokio::time::timeout(self.left, body.next()).await {
            Ok(piece) => {
                let length = piece.as_ref().and_then(|piece| piece.as_ref().ok()).map_or(0, Bytes::len);
                self.spend(since.elapsed(), length);
                piece
            }
            Err(_) => Some(Err(Error::Argument(format!(
                "less than {LEAST} bytes came of the archive in {:?}",
                self.limit
            )))),
        }
    }

    fn spend(&mut self, waited: Duration, came: usize) {
        self.left = self.left.saturating_sub(waited);
        self.came += came;
        if self.came >= LEAST {
            *self = Self::new(self.limit);
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.ended {
            match self.pieces.blocking_recv() {
                Some(Ok(Piece::Bytes(bytes))) => self.current = bytes,
                Some(Ok(Piece::End)) => self.ended = true,
                Some(Err(error)) => return Err(io::Error::other(error)),
                None => return Err(io::Error::other(Error::internal("the body of a request was lost"))),
            }
        }
        let count = self.current.len().min(buffer.len());
        self.current.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    async fn read(pieces: Vec<Result<Bytes>>) -> io::Result<Vec<u8>> {
        let (mut input, feeding) = feed(stream::iter(pieces).boxed(), Duration::MAX, None);
        tokio::spawn(feeding);
        let reading = tokio::task::spawn_blocking(move || {
            let mut all = Vec::new();
            input.read_to_end(&mut all).map(|_| all)
        });
        reading.await.unwrap()
    }

    #[tokio::test]
    async fn pieces_come_out_in_one_stream() {
        let pieces = ["ab", "", "c"].map(|text| Ok(Bytes::from_static(text.as_bytes()))).into();
        assert_eq!(read(pieces).await.unwrap(), b"abc");
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_does_not_end() {
        let pieces = vec![Ok(Bytes::from_static(b"ab")), Err(Error::Argument("gone".into()))];
        let error = read(pieces).await.unwrap_err();
        let inner = error.get_ref().and_then(|error| error.downcast_ref::<Error>());
        assert!(matches!(inner, Some(Error::Argument(text)) if text == "gone"));
    }

    #[tokio::test]
    async fn a_feeder_that_dies_is_no_end_either() {
        let (mut input, feeding) = feed(stream::pending().boxed(), Duration::MAX, None);
        drop(feeding);
        let read = tokio::task::spawn_blocking(move || input.read(&mut [0; 8])).await.unwrap();
        assert!(read.is_err());
    }

    #[tokio::test]
    async fn a_client_that_sends_nothing_is_given_up() {
        let (mut input, feeding) = feed(stream::pending().boxed(), Duration::ZERO, None);
        feeding.await;
        let read = tokio::task::spawn_blocking(move || input.read(&mut [0; 8])).await.unwrap();
        let error = read.unwrap_err().downcast::<Error>().unwrap();
        assert_eq!(error.to_string(), "less than 262144 bytes came of the archive in 0ns");
    }

    #[test]
    fn drops_do_not_renew_the_patience_with_a_client() {
        let second = Duration::from_secs(1);
        let mut patience = Patience::new(10 * second);
        for _ in 0..10 {
            patience.spend(second, 1);
        }
        assert_eq!(patience.left, Duration::ZERO);
        patience.spend(second, LEAST);
        assert_eq!(patience.left, 10 * second);
    }
}
