//! A body on its way to the service, as the messages of a call.
//!
//! Invariant: a body that its client did not send to its end never looks like a whole one. tonic reads a call that is cancelled as the
//! end of its messages, so such a call is reset as a failed one.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::{Stream, stream};
use http_body::{Body, Frame};
use tokio::sync::mpsc;
use tonic::{Status, body::Body as CallBody, codegen::http::Request, transport::Channel};
use tower::{ServiceExt, util::MapRequest};

/// Takes the chunks. Dropped without `finish` it breaks the call off.
pub(crate) struct UploadSender {
    chunks: mpsc::Sender<Bytes>,
    whole: Arc<AtomicBool>,
}

impl UploadSender {
    /// Room for one chunk, once the service has taken the ones before; none if it wants no more. Dropping the future loses nothing.
    pub(crate) async fn reserve(&self) -> Option<mpsc::Permit<'_, Bytes>> {
        self.chunks.reserve().await.ok()
    }

    /// The body was sent to its end.
    pub(crate) fn finish(self) {
        self.whole.store(true, Ordering::Release);
    }
}

/// What a call is made with.
pub(crate) struct Upload {
    chunks: mpsc::Receiver<Bytes>,
    whole: Arc<AtomicBool>,
}

impl Upload {
    pub(crate) fn new() -> (UploadSender, Self) {
        let (sender, chunks) = mpsc::channel(1);
        let whole = Arc::new(AtomicBool::new(false));
        (UploadSender { chunks: sender, whole: Arc::clone(&whole) }, Self { chunks, whole })
    }

    /// The channel for a call that is to fail if the body does.
    pub(super) fn through(
        &self,
        channel: Channel,
    ) -> MapRequest<Channel, impl FnMut(Request<CallBody>) -> Request<CallBody> + use<>> {
        let whole = Arc::clone(&self.whole);
        channel.map_request(move |request: Request<CallBody>| {
            let whole = Arc::clone(&whole);
            request.map(|messages| CallBody::new(Messages { messages, whole }))
        })
    }

    /// What is sent, chunk by chunk.
    pub(super) fn chunks(mut self) -> impl Stream<Item = Bytes> {
        stream::poll_fn(move |context| self.chunks.poll_recv(context))
    }
}

/// The messages of a call, which end well only if the body did.
struct Messages {
    messages: CallBody,
    whole: Arc<AtomicBool>,
}

impl Body for Messages {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match ready!(Pin::new(&mut self.messages).poll_frame(context)) {
            None if !self.whole.load(Ordering::Acquire) => {
                Poll::Ready(Some(Err(Status::aborted("the client's body broke off"))))
            }
            frame => Poll::Ready(frame),
        }
    }
}
