//! What is still to come of an answer.

use std::{fmt, time::Duration};

use bytes::{Bytes, BytesMut};
use http::Method;
use tokio::time::timeout;
use url::Url;

use super::failure::Failure;

/// What is read of an error's body.
const ERROR_CAP: u64 = 64 * 1024;

/// A body that was not read yet.
pub(in crate::registry) struct Rest {
    response: reqwest::Response,
    method: Method,
    url: Url,
    stall: Duration,
    received: u64,
    /// Read, and to be read again.
    returned: Bytes,
}

impl Rest {
    pub(super) const fn new(response: reqwest::Response, method: Method, url: Url, stall: Duration) -> Self {
        Self { response, method, url, stall, received: 0, returned: Bytes::new() }
    }

    /// The next piece; nothing at the end.
    pub(in crate::registry) async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        if !self.returned.is_empty() {
            return Ok(Some(std::mem::take(&mut self.returned)));
        }
        match timeout(self.stall, self.response.chunk()).await {
            Ok(Ok(piece)) => {
                self.received += piece.as_ref().map_or(0, |piece| piece.len() as u64);
                Ok(piece)
            }
            Ok(Err(error)) => Err(Failure::torn(&self.method, &self.url, self.received, error)),
            Err(_) => Err(Failure::stalled(&self.method, &self.url)),
        }
    }

    /// Returns the end of a piece, to be the next one.
    pub(in crate::registry) fn put_back(&mut self, piece: Bytes) {
        self.returned = piece;
    }

    /// All of it. Counts what comes and does not trust a `Content-Length`. A long error is cut, a long success refused.
    pub(super) async fn whole(mut self, cap: u64, success: bool) -> Result<Bytes, Failure> {
        let cap = if success { cap } else { ERROR_CAP };
        let mut body = BytesMut::new();
        loop {
            let piece = match self.piece().await {
                Ok(Some(piece)) => piece,
                Ok(None) => return Ok(body.freeze()),
                Err(_) if !success => return Ok(body.freeze()),
                Err(failure) => return Err(failure),
            };
            let room = cap.saturating_sub(body.len() as u64);
            if piece.len() as u64 <= room {
                body.extend_from_slice(&piece);
            } else if success {
                return Err(Failure::TooLarge);
            } else {
                let room = usize::try_from(room).unwrap_or(0);
                body.extend_from_slice(&piece[..room]);
                return Ok(body.freeze());
            }
        }
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rest(after {} bytes)", self.received)
    }
}
