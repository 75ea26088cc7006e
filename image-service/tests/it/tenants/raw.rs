//! Calls of any method, with an empty message: what comes back first.

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt as _, Full};
use tonic::{Code, Status, body::Body, transport::Channel};
use tonic_types::StatusExt as _;
use tower::ServiceExt as _;

/// What became of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// Nobody knows who asked.
    Unknown,
    /// The role does not allow it.
    Forbidden,
    /// It was made, whatever came of it.
    Made,
}

/// Makes the call of `path` (`/package.Service/Method`).
pub(super) async fn call(channel: &Channel, path: &str, authorization: Option<&str>) -> Outcome {
    match first_status(channel, path, authorization).await {
        Some(status) => Outcome::of(&status),
        None => Outcome::Made,
    }
}

impl Outcome {
    fn of(status: &Status) -> Self {
        let reason = status.get_details_error_info().map(|info| info.reason);
        match (status.code(), reason.as_deref()) {
            (Code::Unauthenticated, Some("CALLER_UNKNOWN")) => Self::Unknown,
            (Code::PermissionDenied, Some("ROLE_INSUFFICIENT")) => Self::Forbidden,
            (Code::Unauthenticated | Code::PermissionDenied, _) => {
                panic!("a refusal for another reason: {status:?}")
            }
            _ => Self::Made,
        }
    }
}

/// The status, unless a message comes before it.
pub(super) async fn first_status(
    channel: &Channel,
    path: &str,
    authorization: Option<&str>,
) -> Option<Status> {
    // Not compressed, and no bytes long.
    let empty = Full::new(Bytes::from_static(&[0; 5])).map_err(|never| match never {});
    let mut request = Request::post(format!("http://image-service{path}"))
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers");
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let answer = channel.clone().oneshot(request.body(Body::new(empty)).unwrap()).await.unwrap();
    let (head, mut body) = answer.into_parts();
    let status = |headers: &HeaderMap| Status::from_header_map(headers);
    if let Some(status) = status(&head.headers) {
        return Some(status);
    }
    while let Some(frame) = body.frame().await {
        let frame = frame.unwrap();
        match frame.trailers_ref() {
            Some(trailers) => return status(trailers),
            None if frame.data_ref().is_some_and(|data| !data.is_empty()) => return None,
            None => {}
        }
    }
    panic!("{path} ended without a status");
}
