//! `GET` and `HEAD /_ping`. Clients call it before every command, so it asks nobody.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use crate::answer::{self, Answer, Body};

const BUILDER_VERSION: HeaderName = HeaderName::from_static("builder-version");
const SWARM: HeaderName = HeaderName::from_static("swarm");

pub(crate) fn ping(method: &Method) -> Answer {
    let body = if *method == Method::HEAD { Body::Empty } else { Body::Whole(Bytes::from_static(b"OK")) };
    let mut answer = answer::plain(StatusCode::OK, body);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, answer::TEXT);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, must-revalidate"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(BUILDER_VERSION, HeaderValue::from_static("1"));
    headers.insert(SWARM, HeaderValue::from_static("inactive"));
    answer
}
