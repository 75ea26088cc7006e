//! An answer that must go on being taken. HTTP/2 asks for no more of it while its client takes none, so somebody else has to look at the clock.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, sleep};
use tonic::{Status, body::Body};

use crate::{error::Error, grpc::status::failed};

/// The body of an answer. What it stands on is let go of when its client stalls.
pub(super) struct Taken(Arc<Mutex<Held>>);

struct Held {
    /// None once it was let go.
    body: Option<Body>,
    /// Since when the client has had to take what was given; nothing while there is nothing to take.
    given: Option<Instant>,
}

impl Taken {
    pub(super) fn new(body: Body, stall: Duration) -> Self {
        let held = Arc::new(Mutex::new(Held { body: Some(body), given: Some(Instant::now()) }));
        tokio::spawn(watch(Arc::downgrade(&held), stall));
        Self(held)
    }
}

/// Looks twice in the time that a client has. Ends with the answer.
async fn watch(held: Weak<Mutex<Held>>, stall: Duration) {
    loop {
        sleep(stall / 2).await;
        let Some(held) = held.upgrade() else { return };
        let mut held = lock(&held);
        if held.given.is_some_and(|given| given.elapsed() >= stall) {
            let body = held.body.take();
            drop(held);
            drop(body);
            tracing::info!("an answer was given up: its client took none of it for {stall:?}");
            return;
        }
    }
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl http_body::Body for Taken {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut held = lock(&self.0);
        let Some(body) = &mut held.body else {
            let why = "its client took none of the answer for too long";
            return Poll::Ready(Some(Err(failed("Answer")(Error::Cancelled(why.into())))));
        };
        let frame = Pin::new(body).poll_frame(context);
        held.given = frame.is_ready().then(Instant::now);
        frame
    }

    fn is_end_stream(&self) -> bool {
        lock(&self.0).body.as_ref().is_some_and(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        lock(&self.0).body.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}
