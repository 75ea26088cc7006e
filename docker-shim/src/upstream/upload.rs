//! A body on its way to the service, as the messages of a call.
//!
//! Invariant: a body that its client did not send to its end never looks like a whole one, as its end is a message of its own.

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::mpsc;

/// What a body consists of.
pub(crate) enum Part {
    Chunk(Bytes),
    /// Nothing follows.
    End,
}

/// Takes the parts. Dropped before the end it breaks the body off.
pub(crate) struct UploadSender(mpsc::Sender<Part>);

impl UploadSender {
    /// Room for one part, once the service has taken the ones before; none if it wants no more. Dropping the future loses nothing.
    pub(crate) async fn reserve(&self) -> Option<mpsc::Permit<'_, Part>> {
        self.0.reserve().await.ok()
    }
}

/// What a call is made with.
pub(crate) struct Upload(mpsc::Receiver<Part>);

impl Upload {
    pub(crate) fn new() -> (UploadSender, Self) {
        let (sender, parts) = mpsc::channel(1);
        (UploadSender(sender), Self(parts))
    }

    /// What is sent, part by part.
    pub(super) fn parts(mut self) -> impl Stream<Item = Part> {
        stream::poll_fn(move |context| self.0.poll_recv(context))
    }
}
