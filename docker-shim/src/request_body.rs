//! Reading request bodies, and reading them away.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};

use crate::error::Failure;

/// As much as a client may still send after it was refused: an archive of an image, and the patience for it.
const DRAINED: u64 = 1024 * 1024 * 1024;
const DRAIN_DEADLINE: Duration = Duration::from_secs(60);
/// A small body comes with its head; one that does not come at all shall not hold the connection.
const READ_DEADLINE: Duration = Duration::from_secs(60);

/// Clients write 32 KiB at a time; a message for each would cost more than the copying.
const CHUNK: usize = 256 * 1024;
/// The largest message that the service is sent.
const LARGEST_CHUNK: usize = 1024 * 1024;

/// The body of a request.
#[derive(Default)]
pub(crate) struct RequestBody {
    /// None once a call has taken it.
    incoming: Option<Incoming>,
    /// Read and not yet asked for.
    gathered: BytesMut,
    begun: bool,
    /// For some of it to come.
    stall: Duration,
}

impl RequestBody {
    pub(crate) fn new(incoming: Incoming, stall: Duration) -> Self {
        Self { incoming: Some(incoming), stall, ..Self::default() }
    }

    /// Moves the body to one who may read it after the answer has begun.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// The next part, of 256 KiB to 1 MiB but for the last; none at the end. Dropping the future loses nothing.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        self.begun = true;
        self.gathered.reserve(CHUNK);
        while self.gathered.len() < CHUNK {
            let Some(incoming) = &mut self.incoming else { break };
            match tokio::time::timeout(self.stall, incoming.frame()).await {
                Ok(Some(Ok(frame))) => self.gathered.extend(frame.into_data().ok()),
                Ok(None) => break,
                Ok(Some(Err(_))) => return Err(unreadable()),
                Err(_) => return Err(late()),
            }
        }
        let size = self.gathered.len().min(LARGEST_CHUNK);
        Ok((size > 0).then(|| self.gathered.split_to(size).freeze()))
    }

    /// Whether some of it was asked for. A client that waits for leave to send it has that leave then.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }
}

/// The whole body, if it is not larger than the limit.
pub(crate) async fn read(body: &mut RequestBody, limit: usize) -> Result<Bytes, Failure> {
    body.begun = true;
    let Some(incoming) = &mut body.incoming else { return Ok(Bytes::new()) };
    let patience = READ_DEADLINE.min(body.stall);
    let whole = tokio::time::timeout(patience, Limited::new(incoming, limit).collect()).await;
    match whole {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let text = format!("the request's body is larger than {limit} bytes");
            Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, text))
        }
        Ok(Err(_)) => Err(unreadable()),
        Err(_) => Err(late()),
    }
}

fn unreadable() -> Failure {
    Failure::invalid("the request's body could not be read")
}

fn late() -> Failure {
    Failure::new(StatusCode::REQUEST_TIMEOUT, "the request's body did not arrive in time")
}

/// Reads away a body that nobody needs, unless its client waits for leave to send it: while it is unread the server does not see its
/// client go, and nobody would drop what runs for it.
pub(crate) async fn drain_unasked(body: &mut RequestBody, headers: &HeaderMap) {
    if !headers.contains_key(header::EXPECT) {
        drain(body).await;
    }
}

/// Reads what is left of a body and forgets it: a client that is still sending reads no answer. Gives up at a size and at a time.
pub(crate) async fn drain(body: &mut RequestBody) {
    body.begun = true;
    if let Some(incoming) = body.incoming.as_mut().filter(|incoming| !incoming.is_end_stream()) {
        let _ = tokio::time::timeout(DRAIN_DEADLINE.min(body.stall), discard(incoming)).await;
    }
}

async fn discard(body: &mut Incoming) {
    let mut left = DRAINED;
    while let Some(Ok(frame)) = body.frame().await {
        let size = frame.data_ref().map_or(0, |data| data.len() as u64);
        match left.checked_sub(size) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
