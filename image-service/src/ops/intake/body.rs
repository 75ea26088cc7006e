//! A stream of pieces as a blocking reader.

use std::{
    io::{self, Read},
    sync::Arc,
    time::Duration,
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
/// A client that sends nothing for so long, while it is waited for, is given up: what it holds of the spool is wanted by others.
const STALL: Duration = Duration::from_secs(300);

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

/// The reader, and the work that feeds it. The first failure of an upload is what the reader then fails with.
pub(super) fn feed(
    mut body: Body,
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
            while let Some(piece) = next(&mut body).await {
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

async fn next(body: &mut Body) -> Option<Result<Bytes>> {
    let stalled = |_| Some(Err(Error::Argument(format!("nothing came of the archive for {STALL:?}"))));
    tokio::time::timeout(STALL, body.next()).await.unwrap_or_else(stalled)
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
        let (mut input, feeding) = feed(stream::iter(pieces).boxed(), None);
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
        let (mut input, feeding) = feed(stream::pending().boxed(), None);
        drop(feeding);
        let read = tokio::task::spawn_blocking(move || input.read(&mut [0; 8])).await.unwrap();
        assert!(read.is_err());
    }
}
