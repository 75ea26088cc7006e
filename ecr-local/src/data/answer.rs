//! Answers: what every one of them has.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use super::errors::Error;
use crate::{
    model::Digest,
    wire::{Answer, Content},
};

const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

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
