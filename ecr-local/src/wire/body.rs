//! Reading request bodies, and reading them away.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// As much as a client may still send after it was refused, and the patience for it.
const DRAINED: usize = 64 * 1024 * 1024;
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);
/// For bodies that are small.
const READ_DEADLINE: Duration = Duration::from_secs(60);

/// The client left, or stopped sending.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken;

/// The body of a request.
pub(crate) struct RequestBody {
    incoming: Incoming,
    begun: bool,
    received: u64,
}

impl RequestBody {
    pub(crate) fn new(incoming: Incoming) -> Self {
        Self { incoming, begun: false, received: 0 }
    }

    /// The content. A client that waits for leave to send it (`Expect`) has that leave when it is asked for.
    pub(crate) fn begin(&mut self) -> &mut Self {
        self.begun = true;
        self
    }

    /// Whether there is no content, or none is left.
    pub(crate) fn is_over(&self) -> bool {
        self.incoming.is_end_stream()
    }

    /// How many bytes came so far.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// The whole body. Nothing if it is larger than the limit.
    pub(crate) async fn read(&mut self, limit: usize) -> Result<Option<Vec<u8>>, Broken> {
        let whole = self.collect_up_to(limit);
        tokio::time::timeout(READ_DEADLINE, whole).await.map_err(|_| Broken)?
    }

    /// With room for what is announced, so that a large body is never there twice.
    async fn collect_up_to(&mut self, limit: usize) -> Result<Option<Vec<u8>>, Broken> {
        let announced = usize::try_from(self.size_hint().lower()).unwrap_or(usize::MAX);
        if announced > limit {
            return Ok(None);
        }
        let mut whole = Vec::with_capacity(announced);
        while let Some(piece) = self.piece().await? {
            if piece.len() > limit - whole.len() {
                return Ok(None);
            }
            whole.extend_from_slice(&piece);
        }
        Ok(Some(whole))
    }

    /// The next piece of the content; nothing at its end.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, Broken> {
        self.begin();
        while let Some(frame) = self.frame().await {
            if let Ok(piece) = frame.map_err(|_| Broken)?.into_data() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// Reads away what was not read: a client that is still sending reads no answer. One that waits for leave is not given it.
    pub(crate) async fn drain(&mut self, waits_for_leave: bool) {
        if self.incoming.is_end_stream() || waits_for_leave && !self.begun {
            return;
        }
        let mut left = DRAINED;
        let discard = async {
            while let Some(Ok(frame)) = self.frame().await {
                match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                    Some(rest) => left = rest,
                    None => return,
                }
            }
        };
        let _ = tokio::time::timeout(DRAIN_DEADLINE, discard).await;
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let polled = Pin::new(&mut self.incoming).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.received += frame.data_ref().map_or(0, Bytes::len) as u64;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
