//! A body that belongs to a request, long after the answer's head has gone.

use std::{
    pin::Pin,
    task::{Context as Polled, Poll},
};

use futures_util::{Stream, StreamExt as _};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use crate::Context;

/// What hears how a body ends. That it ends, or is given up, shows in its being dropped.
pub trait Ending: Unpin {
    /// The trailers came.
    fn trailers(&mut self, _trailers: &HeaderMap) {}

    /// It broke off.
    fn broke(&mut self) {}
}

impl Ending for () {}

impl<E: Ending> Ending for Option<E> {
    fn trailers(&mut self, trailers: &HeaderMap) {
        self.iter_mut().for_each(|ending| ending.trailers(trailers));
    }

    fn broke(&mut self) {
        self.iter_mut().for_each(Ending::broke);
    }
}

/// A body, the request that it belongs to while it is read, and what hears of its end.
#[derive(Debug)]
pub struct Held<B, E> {
    body: B,
    context: Context,
    ending: E,
}

impl<B, E> Held<B, E> {
    /// Holds a body.
    pub fn new(body: B, context: Context, ending: E) -> Self {
        Self { body, context, ending }
    }
}

impl<B: Body + Unpin, E: Ending> Body for Held<B, E> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        polled: &mut Polled<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let held = self.get_mut();
        let frame = held.context.enter(|| Pin::new(&mut held.body).poll_frame(polled));
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    held.ending.trailers(trailers);
                }
            }
            Poll::Ready(Some(Err(_))) => held.ending.broke(),
            Poll::Ready(None) | Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<T, F, S: Stream<Item = Result<T, F>> + Unpin, E: Ending> Stream for Held<S, E> {
    type Item = Result<T, F>;

    fn poll_next(self: Pin<&mut Self>, polled: &mut Polled<'_>) -> Poll<Option<Self::Item>> {
        let held = self.get_mut();
        let item = held.context.enter(|| held.body.poll_next_unpin(polled));
        if let Poll::Ready(Some(Err(_))) = &item {
            held.ending.broke();
        }
        item
    }
}
