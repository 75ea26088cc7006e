//! A blob's bytes on their way into request bodies, with the pulse by which one sees that they move.
//!
//! Invariant: a body reads only as long as it is the latest one of its cursor; whatever still polls an older one gets an error.

use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::time::Instant;

use crate::{
    error::{Error, Result},
    ports::{BlobSource, BlobStream},
};

/// Reads a source from wherever a request wants to begin, and anew only where it must.
pub(in crate::registry) struct Cursor<'a> {
    source: &'a dyn BlobSource,
    tape: Arc<Mutex<Tape>>,
}

/// Some bytes of a blob, as the body of one request.
#[derive(Clone)]
pub(in crate::registry) struct Span {
    pub(super) length: u64,
    end: u64,
    tape: Arc<Mutex<Tape>>,
}

struct Tape {
    stream: Option<BlobStream>,
    /// Of the last piece, what was not asked for yet.
    left: Bytes,
    position: u64,
    fault: Option<Error>,
    /// When the connection last took something.
    beat: Instant,
    /// The connection waits for the source.
    starved: bool,
}

impl<'a> Cursor<'a> {
    pub(in crate::registry) fn new(source: &'a dyn BlobSource) -> Self {
        Self { source, tape: Tape::shared(None, Bytes::new(), 0) }
    }

    /// The next body. Bodies given before end here.
    pub(in crate::registry) async fn span(&mut self, from: u64, length: u64) -> Result<Span> {
        let (stream, left, position) = lock(&self.tape).detach();
        self.tape = match stream {
            Some(stream) if position == from => Tape::shared(Some(stream), left, from),
            _ => {
                let (stream, left) = skip(self.source.open().await?, from).await?;
                Tape::shared(Some(stream), left, from)
            }
        };
        Ok(Span { length, end: from + length, tape: Arc::clone(&self.tape) })
    }

    /// How far the connections have read.
    pub(in crate::registry) fn position(&self) -> u64 {
        lock(&self.tape).position
    }
}

impl Drop for Cursor<'_> {
    fn drop(&mut self) {
        lock(&self.tape).detach();
    }
}

impl Span {
    pub(super) fn stream(&self) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let (tape, end) = (Arc::clone(&self.tape), self.end);
        stream::poll_fn(move |context| lock(&tape).poll(end, context))
    }

    /// What went wrong with the source, if that is why the body ended.
    pub(super) fn fault(&self) -> Option<Error> {
        lock(&self.tape).fault.take()
    }

    pub(super) fn pulse(&self) -> Pulse {
        let tape = lock(&self.tape);
        match () {
            () if tape.starved => Pulse::Starved,
            () if tape.position >= self.end => Pulse::Sent(tape.beat),
            () => Pulse::Moving(tape.beat),
        }
    }
}

/// How a body gets on.
pub(super) enum Pulse {
    /// The source is slow; the registry cannot help it.
    Starved,
    /// The connection took something then, and more is to come.
    Moving(Instant),
    /// All is sent.
    Sent(Instant),
}

impl Tape {
    fn shared(stream: Option<BlobStream>, left: Bytes, position: u64) -> Arc<Mutex<Self>> {
        let beat = Instant::now();
        Arc::new(Mutex::new(Self { stream, left, position, fault: None, beat, starved: false }))
    }

    fn detach(&mut self) -> (Option<BlobStream>, Bytes, u64) {
        (self.stream.take(), std::mem::take(&mut self.left), self.position)
    }

    fn poll(&mut self, end: u64, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        (self.beat, self.starved) = (Instant::now(), false);
        if self.position >= end {
            return Poll::Ready(None);
        }
        while self.left.is_empty() {
            let Some(stream) = &mut self.stream else {
                return Poll::Ready(Some(Err(io::Error::other("the upload went on without this request"))));
            };
            match stream.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(piece))) => self.left = piece,
                Poll::Ready(Some(Err(error))) => return self.fail(error),
                Poll::Ready(None) => return self.fail(Error::internal("a blob ended before its size")),
                Poll::Pending => {
                    self.starved = true;
                    return Poll::Pending;
                }
            }
        }
        let wanted = usize::try_from(end - self.position).unwrap_or(usize::MAX);
        let piece = self.left.split_to(wanted.min(self.left.len()));
        self.position += piece.len() as u64;
        Poll::Ready(Some(Ok(piece)))
    }

    fn fail(&mut self, error: Error) -> Poll<Option<io::Result<Bytes>>> {
        self.stream = None;
        self.fault = Some(error);
        Poll::Ready(Some(Err(io::Error::other("the blob cannot be read"))))
    }
}

async fn skip(mut stream: BlobStream, mut bytes: u64) -> Result<(BlobStream, Bytes)> {
    let mut left = Bytes::new();
    while bytes > 0 {
        let mut piece =
            stream.next().await.ok_or_else(|| Error::internal("a blob ended before its size"))??;
        let beginning = piece.split_to(usize::try_from(bytes).unwrap_or(usize::MAX).min(piece.len()));
        bytes -= beginning.len() as u64;
        left = piece;
    }
    Ok((stream, left))
}

fn lock(tape: &Mutex<Tape>) -> MutexGuard<'_, Tape> {
    tape.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Span({} bytes up to {})", self.length, self.end)
    }
}
