//! A call of the service that takes a request's body and answers with events.
//!
//! Invariant: never more than a few chunks are held, however long the body is. A body that breaks off breaks its call off, even if
//! whoever waited for the events is gone.

use futures_util::StreamExt;
use http::StatusCode;

use crate::{
    error::Failure,
    request_body::{self, RequestBody},
    upstream::{CallError, CallEvents, UploadSender},
};

/// A running call.
pub(crate) struct Transfer<E: Send + 'static> {
    body: RequestBody,
    /// None once nothing more is to be sent.
    sender: Option<UploadSender>,
    /// None once the call is over.
    events: Option<CallEvents<E>>,
}

impl<E: Send + 'static> Transfer<E> {
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

    fn sent(&mut self, sent: Result<Sent, Failure>) -> Result<(), Failure> {
        match sent {
            Ok(Sent::Whole) => self.sender.take().into_iter().for_each(UploadSender::finish),
            Ok(Sent::Enough) => self.sender = None,
            Err(failure) => {
                self.break_off();
                return Err(failure);
            }
        }
        Ok(())
    }

    /// A call that is dropped is cancelled, and the service may take that for the end of the body. One whose body has broken off fails, so
    /// it is kept until it has.
    fn break_off(&mut self) {
        if let (Some(sender), Some(mut events)) = (self.sender.take(), self.events.take()) {
            drop(sender);
            tokio::spawn(async move { while let Some(Ok(_)) = events.next().await {} });
        }
    }
}

impl<E: Send + 'static> Drop for Transfer<E> {
    fn drop(&mut self) {
        self.break_off();
    }
}

enum Sent {
    /// To its end.
    Whole,
    /// As much as the service wants.
    Enough,
}

async fn send(body: &mut RequestBody, sender: &UploadSender) -> Result<Sent, Failure> {
    while let Some(room) = sender.reserve().await {
        match body.chunk().await? {
            Some(chunk) => room.send(chunk),
            None => return Ok(Sent::Whole),
        }
    }
    Ok(Sent::Enough)
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use tokio::sync::mpsc;

    use super::*;
    use crate::upstream::Upload;

    #[tokio::test]
    async fn a_call_that_nobody_waits_for_is_kept_until_it_has_failed() {
        let (sender, _upload) = Upload::new();
        let (call, mut events) = mpsc::channel::<Result<(), CallError>>(1);
        let events = stream::poll_fn(move |context| events.poll_recv(context)).boxed();
        let mut transfer = Transfer::new(RequestBody::default(), (sender, events));
        call.send(Ok(())).await.unwrap();
        assert!(matches!(transfer.next().await, Ok(Some(()))));
        drop(transfer);
        call.send(Ok(())).await.unwrap();
        call.send(Err(CallError::Lost("reset".to_owned()))).await.unwrap();
        call.closed().await;
    }
}
