//! The bodies that answers may have.

use std::{
    borrow::Cow,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Response;
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;

use super::Hindered;
use crate::blobs::FileContent;

/// An answer to a client.
pub(crate) type Answer = Response<Content>;

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Content {
    Empty,
    Whole(Bytes),
    File(FileContent),
    /// What is made while it is sent.
    Stream(mpsc::Receiver<io::Result<Bytes>>),
    /// By a fault that was set.
    Hindered(Box<Hindered>),
}

/// The code of a refusal, for those who keep the history.
#[derive(Clone, Debug)]
pub(crate) struct ErrorCode(pub(crate) Cow<'static, str>);

impl http_body::Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::File(content) => Pin::new(content).poll_frame(context),
            Self::Hindered(content) => Pin::new(content).poll_frame(context),
            Self::Stream(pieces) => pieces.poll_recv(context).map_ok(Frame::data),
            Self::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                *self = Self::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(_) | Self::Stream(_) => false,
            Self::File(content) => content.is_end_stream(),
            Self::Hindered(content) => content.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::File(content) => content.size_hint(),
            Self::Stream(_) => SizeHint::default(),
            Self::Hindered(content) => content.size_hint(),
        }
    }
}
