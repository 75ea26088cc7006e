//! `GET` and `HEAD /_ping`. Clients call it before every command, so it asks nobody.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use crate::answer::{self, Answer, Body};

const BUILDER_VERSION: HeaderName = HeaderName::from_static("builder-version");
const SWARM: HeaderName = HeaderName::from_static("swarm");

pub(crate) fn ping(method: &Method) -> Answer {
    let mut answer = answer::plain(StatusCode::OK, Body::Whole(Bytes::from_static(b"OK")));
    if *method == Method::HEAD {
        *answer.body_mut() = Body::Empty;
        answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, answer::TEXT);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, must-revalidate"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(BUILDER_VERSION, HeaderValue::from_static("1"));
    headers.insert(SWARM, HeaderValue::from_static("inactive"));
    answer
}
