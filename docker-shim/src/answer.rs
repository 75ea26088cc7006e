//! Answers with Docker's headers and Go's framing: a body of up to 2048 bytes has a Content-Length, a longer one is chunked.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body::{Frame, SizeHint};
use serde::Serialize;

use crate::{engine, error::Failure, router::Miss};

/// Go's server buffers this much before it has to decide on the framing.
pub(crate) const BUFFERED: usize = 2048;

const API_VERSION: HeaderName = HeaderName::from_static("api-version");
const EXPERIMENTAL: HeaderName = HeaderName::from_static("docker-experimental");
const OS_TYPE: HeaderName = HeaderName::from_static("ostype");
const NO_SNIFF: HeaderName = HeaderName::from_static("x-content-type-options");

/// Clients compare this text: no charset.
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TAR: HeaderValue = HeaderValue::from_static("application/x-tar");
pub(crate) const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// An answer to a Docker client.
pub(crate) type Answer = Response<Body>;

/// The body of an answer.
pub(crate) enum Body {
    Empty,
    Whole(Bytes),
    Chunked(Bytes),
    /// An error in it breaks the connection off, which is the only way left to say that the answer is not whole.
    Stream(BoxStream<'static, io::Result<Bytes>>),
}

/// One JSON value and a line feed.
pub(crate) fn json(value: &impl Serialize) -> Result<Answer, Failure> {
    rendered(value).map(|bytes| json_bytes(StatusCode::OK, bytes))
}

/// The bytes of one JSON value and a line feed.
pub(crate) fn rendered(value: &impl Serialize) -> Result<Bytes, Failure> {
    let mut bytes = Vec::with_capacity(BUFFERED);
    serde_json::to_writer(&mut bytes, value).map_err(|_| {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer cannot be written as JSON")
    })?;
    bytes.push(b'\n');
    Ok(bytes.into())
}

/// A JSON answer that is written already.
pub(crate) fn json_bytes(status: StatusCode, bytes: Bytes) -> Answer {
    let body = if bytes.len() > BUFFERED { Body::Chunked(bytes) } else { Body::Whole(bytes) };
    let mut answer = plain(status, body);
    answer.headers_mut().insert(header::CONTENT_TYPE, JSON);
    answer
}

/// A JSON answer that never changes.
pub(crate) fn fixed(json: &'static str) -> Answer {
    json_bytes(StatusCode::OK, Bytes::from_static(json.as_bytes()))
}

/// A stream of JSON, one chunk for each item.
pub(crate) fn json_stream(chunks: BoxStream<'static, io::Result<Bytes>>) -> Answer {
    let mut answer = plain(StatusCode::OK, Body::Stream(chunks));
    answer.headers_mut().insert(header::CONTENT_TYPE, JSON);
    answer
}

/// An archive, in the chunks that it comes in.
pub(crate) fn tar_stream(chunks: BoxStream<'static, io::Result<Bytes>>) -> Answer {
    let mut answer = plain(StatusCode::OK, Body::Stream(chunks));
    answer.headers_mut().insert(header::CONTENT_TYPE, TAR);
    answer
}

/// An answer with the headers that every Docker answer has.
pub(crate) fn plain(status: StatusCode, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.reserve(8);
    headers.insert(API_VERSION, HeaderValue::from_static(engine::API_MAX_TEXT));
    headers.insert(EXPERIMENTAL, HeaderValue::from_static("false"));
    headers.insert(OS_TYPE, HeaderValue::from_static("linux"));
    headers.insert(header::SERVER, HeaderValue::from_static(engine::SERVER));
    answer
}

/// An error answer; however long, it says its length: docker-py takes an error in chunks for a success.
pub(crate) fn failure(failure: &Failure) -> Answer {
    let mut answer = plain(failure.status, Body::Whole(message(&failure.message)));
    answer.headers_mut().insert(header::CONTENT_TYPE, JSON);
    answer
}

/// The answer to a request that has no call. Only errors of the version carry Docker's headers.
pub(crate) fn miss(miss: Miss, query: Option<&str>) -> Answer {
    match miss {
        Miss::Unknown => bare(StatusCode::NOT_FOUND, message("page not found")),
        Miss::Moved(path) => moved(path, query),
        Miss::TooNew(version) => {
            let text = format!(
                "client version {version} is too new. Maximum supported API version is {}",
                engine::API_MAX_TEXT
            );
            without_experimental(json_bytes(StatusCode::BAD_REQUEST, message(&text)))
        }
        Miss::TooOld(version) => too_old(&version),
    }
}

/// Clients this old do not know JSON errors.
fn too_old(version: &str) -> Answer {
    let text = format!(
        "client version {version} is too old. Minimum supported API version is {}, please upgrade your client to a newer version\n",
        engine::API_MIN_TEXT
    );
    let mut answer = plain(StatusCode::BAD_REQUEST, Body::Whole(text.into()));
    answer.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    answer.headers_mut().insert(NO_SNIFF, HeaderValue::from_static("nosniff"));
    without_experimental(answer)
}

fn without_experimental(mut answer: Answer) -> Answer {
    answer.headers_mut().remove(EXPERIMENTAL);
    answer
}

fn moved(path: String, query: Option<&str>) -> Answer {
    let target = if let Some(query) = query { format!("{path}?{query}") } else { path };
    let Ok(location) = HeaderValue::from_str(&target) else {
        return bare(StatusCode::NOT_FOUND, message("page not found"));
    };
    let mut answer = Response::new(Body::Empty);
    *answer.status_mut() = StatusCode::MOVED_PERMANENTLY;
    answer.headers_mut().insert(header::LOCATION, location);
    answer
}

fn bare(status: StatusCode, json: Bytes) -> Answer {
    let mut answer = Response::new(Body::Whole(json));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, JSON);
    answer
}

fn message(text: &str) -> Bytes {
    let mut line = serde_json::json!({ "message": text }).to_string();
    line.push('\n');
    line.into()
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Self::Stream(chunks) = &mut *self {
            return chunks.as_mut().poll_next(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)));
        }
        match std::mem::replace(&mut *self, Self::Empty) {
            Self::Whole(bytes) | Self::Chunked(bytes) if !bytes.is_empty() => {
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            _ => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Empty)
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Chunked(_) | Self::Stream(_) => SizeHint::default(),
        }
    }
}
