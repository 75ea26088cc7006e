//! Answers: what every one of them has, and the bodies they may have.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body::{Frame, SizeHint};
use serde::Serialize;

use super::errors::Error;
use crate::{blobs::FileContent, model::Digest};

const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An answer to a client.
pub(crate) type Answer = Response<Content>;

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Content {
    Empty,
    Whole(Bytes),
    File(FileContent),
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    with(status, Content::Empty)
}

/// An answer with a body.
pub(crate) fn with(status: StatusCode, content: Content) -> Answer {
    let mut answer = Response::new(content);
    *answer.status_mut() = status;
    answer.headers_mut().insert(API_VERSION, HeaderValue::from_static("registry/2.0"));
    answer
}

/// A JSON document.
pub(crate) fn json(status: StatusCode, document: &impl Serialize) -> Result<Answer, Error> {
    let bytes = serde_json::to_vec(document).map_err(Error::internal)?;
    let mut answer = with(status, Content::Whole(bytes.into()));
    answer.headers_mut().insert(header::CONTENT_TYPE, JSON);
    Ok(answer)
}

/// Sets a header. The value is made of parts that were checked, so it always fits.
pub(crate) fn set(answer: &mut Answer, name: HeaderName, value: &str) -> Result<(), Error> {
    let value = HeaderValue::from_str(value).map_err(Error::internal)?;
    answer.headers_mut().append(name, value);
    Ok(())
}

/// Says which content it is about.
pub(crate) fn set_digest(answer: &mut Answer, digest: &Digest) -> Result<(), Error> {
    set(answer, CONTENT_DIGEST, &digest.to_string())
}

/// The entity tag of content-addressed content.
pub(crate) fn entity_tag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// What a HEAD request gets: everything but the body, whose length is said.
pub(crate) fn without_body(mut answer: Answer) -> Answer {
    if let Some(length) = http_body::Body::size_hint(answer.body()).exact() {
        answer.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
    *answer.body_mut() = Content::Empty;
    answer
}

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
            Self::Whole(_) => false,
            Self::File(content) => content.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::File(content) => content.size_hint(),
        }
    }
}
