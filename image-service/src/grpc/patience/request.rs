//! A request that must go on coming while it is waited for.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};
use tonic::{Status, body::Body};

use crate::{error::Error, grpc::status::failed};

/// The body of a request.
pub(super) struct Sent {
    body: Body,
    stall: Duration,
    /// While it is waited for.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Sent {
    pub(super) fn new(body: Body, stall: Duration) -> Self {
        Self { body, stall, waiting: None }
    }
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if frame.is_ready() {
            self.waiting = None;
            return frame;
        }
        let stall = self.stall;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(stall)));
        waiting.as_mut().poll(context).map(|()| {
            let why = format!("nothing of it came for {stall:?}");
            Some(Err(failed("Request")(Error::Cancelled(why.into()))))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
