//! A body that comes slowly, or not to its end.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::Content;

/// What was sent leaves the process before the connection breaks.
const LEAVE: Duration = Duration::from_millis(20);

/// What is in a body's way.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Hindrance {
    /// It breaks off behind so many bytes.
    pub(crate) torn: Option<u64>,
    /// It comes in pieces of so many bytes, with so long between two of them.
    pub(crate) pace: Option<(u64, Duration)>,
}

/// A body with something in its way. What was announced of its length stays.
#[derive(Debug)]
pub(crate) struct Hindered {
    inner: Content,
    /// As much as still comes, if it breaks off.
    left: Option<u64>,
    pace: Option<(u64, Duration)>,
    /// What is there and was not sent.
    held: Bytes,
    waiting: Option<Pin<Box<Sleep>>>,
    begun: bool,
}

impl Hindrance {
    pub(crate) fn is_none(&self) -> bool {
        self.torn.is_none() && self.pace.is_none()
    }

    pub(crate) fn of(self, inner: Content) -> Hindered {
        let Self { torn, pace } = self;
        Hindered { inner, left: torn, pace, held: Bytes::new(), waiting: None, begun: false }
    }
}

impl Hindered {
    /// The next piece, as large as it may be.
    fn piece(&mut self) -> Bytes {
        let most = self.pace.map_or(u64::MAX, |(bytes, _)| bytes.max(1)).min(self.left.unwrap_or(u64::MAX));
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(self.held.len());
        let piece = self.held.split_to(most);
        self.left = self.left.map(|left| left.saturating_sub(piece.len() as u64));
        self.waiting = match (self.left, self.pace) {
            (Some(0), _) => Some(Box::pin(sleep(LEAVE))),
            (_, pace) => pace.map(|(_, tick)| Box::pin(sleep(tick))),
        };
        piece
    }
}

impl Body for Hindered {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if !self.begun && self.left == Some(0) {
            self.waiting = Some(Box::pin(sleep(LEAVE)));
        }
        self.begun = true;
        if let Some(waiting) = &mut self.waiting {
            ready!(waiting.as_mut().poll(context));
            self.waiting = None;
        }
        if self.left == Some(0) && (!self.held.is_empty() || !self.inner.is_end_stream()) {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
        }
        if self.held.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => self.held = frame.into_data().unwrap_or_default(),
                ended => return Poll::Ready(ended),
            }
        }
        Poll::Ready(Some(Ok(Frame::data(self.piece()))))
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.inner.size_hint().exact() {
            Some(left) => SizeHint::with_exact(left.saturating_add(self.held.len() as u64)),
            None => SizeHint::default(),
        }
    }
}
