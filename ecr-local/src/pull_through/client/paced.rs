//! Content that comes at a rate, or is given up: each piece alone may come in time, and all of them never.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{TryStream, stream::try_unfold};
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use super::unavailable;
use crate::pull_through::UpstreamError;

/// Before any of it must have come.
const GRACE: Duration = Duration::from_secs(60);
/// The least, on average. How long it will be is not what a server says, but what has come.
const BYTES_PER_SECOND: u64 = 64 * 1024;

/// The content of an answer.
pub(super) struct Paced {
    answer: Response,
    begun: Instant,
    received: u64,
}

impl Paced {
    pub(super) fn new(answer: Response) -> Self {
        Self { answer, begun: Instant::now(), received: 0 }
    }

    /// The next piece, if there is one.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>, UpstreamError> {
        let due = self.begun + GRACE + Duration::from_secs(self.received / BYTES_PER_SECOND);
        let arrived = timeout_at(due, self.answer.chunk()).await;
        let arrived = arrived.map_err(|_| unavailable("it sends too slowly"))?;
        let piece = arrived.map_err(|error| unavailable(&error.without_url().to_string()))?;
        self.received += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Ok(piece)
    }

    /// All pieces.
    pub(super) fn pieces(self) -> impl TryStream<Ok = Bytes, Error = UpstreamError> + Send + 'static {
        try_unfold(self, async |mut paced: Self| Ok(paced.piece().await?.map(|piece| (piece, paced))))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures_util::{FutureExt, stream::pending};

    use super::*;

    /// Of which no more comes.
    fn after_a_minute(received: u64) -> Paced {
        let body = reqwest::Body::wrap_stream(pending::<io::Result<Bytes>>());
        let begun = Instant::now() - Duration::from_secs(61);
        Paced { answer: http::Response::new(body).into(), begun, received }
    }

    #[tokio::test]
    async fn what_comes_too_slowly_is_given_up_and_what_has_come_gives_it_time() {
        let given_up = after_a_minute(60).piece().await;
        assert!(matches!(given_up, Err(UpstreamError::Unavailable(_))));
        assert!(after_a_minute(600 * BYTES_PER_SECOND).piece().now_or_never().is_none());
    }
}
