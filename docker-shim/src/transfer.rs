//! A call of the service that takes a request's body and answers with events.
//!
//! Invariant: never more than a few chunks are held, however long the body is. To drop a transfer is to break its call off.

use futures_util::StreamExt;
use http::StatusCode;

use crate::{
    error::Failure,
    request_body::{self, RequestBody},
    upstream::{CallError, CallEvents, Part, UploadSender},
};

/// A running call.
pub(crate) struct Transfer<E> {
    body: RequestBody,
    /// None once nothing more is to be sent.
    sender: Option<UploadSender>,
    /// None once the call is over.
    events: Option<CallEvents<E>>,
}

impl<E> Transfer<E> {
    pub(crate) fn new(body: RequestBody, (sender, events): (UploadSender, CallEvents<E>)) -> Self {
        Self { body, sender: Some(sender), events: Some(events) }
    }

    /// The next event; none at the end. Sends the body meanwhile. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Option<E>, Failure> {
        while let (Some(events), Some(sender)) = (&mut self.events, &self.sender) {
            tokio::select! {
                biased;
                event = events.next() => return self.arrived(event),
                sent = send(&mut self.body, sender) => self.sent(sent)?,
            }
        }
        match &mut self.events {
            Some(events) => {
                let event = events.next().await;
                self.arrived(event)
            }
            None => Ok(None),
        }
    }

    /// What the call has left of the body.
    pub(crate) fn rest(&mut self) -> RequestBody {
        self.body.take()
    }

    /// Reads away what the call has left of the body: a client that is still sending takes an early end for a broken connection.
    pub(crate) async fn drain(&mut self) {
        request_body::drain(&mut self.body).await;
    }

    fn arrived(&mut self, event: Option<Result<E, CallError>>) -> Result<Option<E>, Failure> {
        if !matches!(event, Some(Ok(_))) {
            (self.events, self.sender) = (None, None);
        }
        // At 401 clients would ask their users for credentials, and none of these goes anywhere.
        event.transpose().map_err(|error| Failure::of_call(error, StatusCode::INTERNAL_SERVER_ERROR))
    }

    fn sent(&mut self, sent: Result<(), Failure>) -> Result<(), Failure> {
        self.sender = None;
        sent.inspect_err(|_| self.events = None)
    }
}

/// Sends all of it, or as much as the service wants.
async fn send(body: &mut RequestBody, sender: &UploadSender) -> Result<(), Failure> {
    while let Some(room) = sender.reserve().await {
        match body.chunk().await? {
            Some(chunk) => room.send(Part::Chunk(chunk)),
            None => {
                room.send(Part::End);
                break;
            }
        }
    }
    Ok(())
}
