//! What one request has to go through.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::Failure;
use crate::{
    model::Plane,
    wire::{Answer, Content, ErrorCode, Hindrance, XML, refusal},
};

/// As a proxy may cut an answer.
const HALF_A_DOCUMENT: &[u8] = b"{\"";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The operation is not to be done: an answer is ready, or there is to be none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interrupted;

/// The connection is to be reset.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("reset by a fault that was set")]
pub(crate) struct Reset;

/// How a request ends.
#[derive(Clone, Debug)]
pub(super) enum End {
    Fails(Failure),
    Resets,
}

/// What the rules have in store for a request.
#[derive(Default, Debug)]
pub(crate) struct Ordeal {
    pub(super) latency: Duration,
    pub(super) before: Option<End>,
    pub(super) after: Option<End>,
    pub(super) garbled: bool,
    pub(super) hindrance: Hindrance,
}

impl Ordeal {
    /// What comes before the operation, which is not to be done if this fails.
    pub(crate) async fn begin(&self) -> Result<(), Interrupted> {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        if self.before.is_some() { Err(Interrupted) } else { Ok(()) }
    }

    /// What becomes of the answer.
    pub(crate) fn end(self, plane: Plane, answer: Answer) -> Result<Answer, Reset> {
        match self.before.or(self.after) {
            Some(End::Resets) => Err(Reset),
            Some(End::Fails(failure)) => {
                let id = answer.headers().get(REQUEST_ID);
                let mut instead = match answer.headers().get(header::CONTENT_TYPE) {
                    Some(kind) if kind == XML => failed_query(&failure, id),
                    _ => failed(plane, &failure),
                };
                instead.headers_mut().extend(id.map(|id| (REQUEST_ID, id.clone())));
                Ok(instead)
            }
            None => Ok(spoil(answer, self.garbled, self.hindrance)),
        }
    }
}

/// What is left of an answer.
fn spoil(answer: Answer, garbled: bool, hindrance: Hindrance) -> Answer {
    let answer = match garbled {
        true => answer.map(|_| Content::Whole(HALF_A_DOCUMENT.into())),
        false => answer,
    };
    match hindrance.is_none() {
        true => answer,
        false => answer.map(|content| Content::Hindered(Box::new(hindrance.of(content)))),
    }
}

/// An error in the shape of its plane.
pub(crate) fn failed(plane: Plane, failure: &Failure) -> Answer {
    let message = failure.message.as_deref().unwrap_or_else(|| usual_text(&failure.code));
    let (status, media_type, document) = match plane {
        Plane::Control => {
            let mut document = json!({ "__type": failure.code, "message": message });
            for (name, value) in &failure.members {
                document[name] = value.clone();
            }
            (call_status(&failure.code), "application/x-amz-json-1.1", document)
        }
        Plane::Data => {
            let mut error = json!({ "code": failure.code, "message": message });
            if !failure.members.is_empty() {
                error["detail"] = Value::Object(failure.members.clone());
            }
            (endpoint_status(&failure.code), "application/json", json!({ "errors": [error] }))
        }
    };
    let mut answer = Response::new(Content::Whole(document.to_string().into()));
    *answer.status_mut() =
        failure.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(status);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let named = match plane {
        Plane::Control => HeaderValue::from_str(&failure.code).map(|code| ("x-amzn-errortype", code)),
        Plane::Data => Ok(("docker-distribution-api-version", HeaderValue::from_static("registry/2.0"))),
    };
    if let Ok((name, value)) = named {
        headers.insert(name, value);
    }
    answer.extensions_mut().insert(ErrorCode(failure.code.clone().into()));
    answer
}

/// An error in the shape of AWS Query.
fn failed_query(failure: &Failure, id: Option<&HeaderValue>) -> Answer {
    let message = failure.message.as_deref().unwrap_or_else(|| usual_text(&failure.code));
    let status = failure.status.and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.unwrap_or_else(|| call_status(&failure.code));
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
    let mut answer = Response::new(Content::Whole(refusal(status, &failure.code, message, id).into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, XML);
    answer.extensions_mut().insert(ErrorCode(failure.code.clone().into()));
    answer
}

fn usual_text(code: &str) -> &'static str {
    match code {
        "ThrottlingException" | "TOOMANYREQUESTS" => "Rate exceeded",
        "ExpiredTokenException" => "The security token included in the request is expired",
        "DENIED" => "Your authorization token has expired. Reauthenticate and try again.",
        _ => "A fault that was set",
    }
}

/// AWS's front door, and the one exception of the model that is the server's fault.
fn call_status(code: &str) -> StatusCode {
    match code {
        "ServerException" | "InternalFailure" => StatusCode::INTERNAL_SERVER_ERROR,
        "ServiceUnavailable" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn endpoint_status(code: &str) -> StatusCode {
    match code {
        "UNAUTHORIZED" => StatusCode::UNAUTHORIZED,
        "DENIED" => StatusCode::FORBIDDEN,
        "UNSUPPORTED" => StatusCode::METHOD_NOT_ALLOWED,
        "TOOMANYREQUESTS" => StatusCode::TOO_MANY_REQUESTS,
        "UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
        "UNKNOWN" => StatusCode::INTERNAL_SERVER_ERROR,
        unknown if unknown.ends_with("_UNKNOWN") => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    }
}
