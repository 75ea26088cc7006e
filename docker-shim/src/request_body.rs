//! Reading request bodies, and reading them away.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};

use crate::error::Failure;

/// As much as a client may still send after it was refused: an archive of an image, and the patience for it.
const DRAINED: u64 = 1024 * 1024 * 1024;
const DRAIN_DEADLINE: Duration = Duration::from_secs(60);
/// A small body comes with its head; one that does not come at all shall not hold the connection.
const READ_DEADLINE: Duration = Duration::from_secs(60);

/// The body of a request.
pub(crate) struct RequestBody {
    incoming: Incoming,
    begun: bool,
}

impl RequestBody {
    pub(crate) fn new(incoming: Incoming) -> Self {
        Self { incoming, begun: false }
    }

    /// Whether some of it was asked for. A client that waits for leave to send it has that leave then.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }
}

/// The whole body, if it is not larger than the limit.
pub(crate) async fn read(body: &mut RequestBody, limit: usize) -> Result<Bytes, Failure> {
    body.begun = true;
    let whole = tokio::time::timeout(READ_DEADLINE, Limited::new(&mut body.incoming, limit).collect()).await;
    match whole {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let text = format!("the request's body is larger than {limit} bytes");
            Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, text))
        }
        Ok(Err(_)) => Err(Failure::invalid("the request's body could not be read")),
        Err(_) => Err(Failure::new(StatusCode::REQUEST_TIMEOUT, "the request's body did not arrive in time")),
    }
}

/// Reads what is left of a body and forgets it: a client that is still sending reads no answer. Gives up at a size and at a time.
pub(crate) async fn drain(body: &mut RequestBody) {
    body.begun = true;
    if !body.incoming.is_end_stream() {
        let _ = tokio::time::timeout(DRAIN_DEADLINE, discard(&mut body.incoming)).await;
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
