//! What a request is about: the names of the endpoints, and of whoever asks.

use http::{Method, header, request::Parts};

use super::router::{Endpoint, Within};
use crate::{auth::Auth, model::Subject};

/// The name of an endpoint with a method, as faults and the history have it. Empty if there is none.
pub(super) fn operation(method: &Method, endpoint: &Endpoint<'_>) -> &'static str {
    match (method.as_str(), endpoint) {
        ("GET" | "HEAD", Endpoint::Base) => "GetBase",
        ("GET" | "POST", Endpoint::Token) => "GetToken",
        ("GET" | "HEAD", Endpoint::Catalog) => "ListRepositories",
        (method, Endpoint::In(_, within)) => within_repository(method, *within),
        _ => "",
    }
}

fn within_repository(method: &str, within: Within<'_>) -> &'static str {
    match (method, within) {
        ("GET" | "HEAD", Within::Tags) => "ListTags",
        ("GET" | "HEAD", Within::Referrers(_)) => "ListReferrers",
        ("GET", Within::Manifest(_)) => "GetManifest",
        ("HEAD", Within::Manifest(_)) => "HeadManifest",
        ("PUT", Within::Manifest(_)) => "PutManifest",
        ("DELETE", Within::Manifest(_)) => "DeleteManifest",
        ("GET", Within::Blob(_)) => "GetBlob",
        ("HEAD", Within::Blob(_)) => "HeadBlob",
        ("DELETE", Within::Blob(_)) => "DeleteBlob",
        ("POST", Within::Uploads) => "StartUpload",
        ("GET" | "HEAD", Within::Upload(_)) => "GetUpload",
        ("PATCH", Within::Upload(_)) => "PatchUpload",
        ("PUT", Within::Upload(_)) => "FinishUpload",
        ("DELETE", Within::Upload(_)) => "CancelUpload",
        _ => "",
    }
}

/// The name of a client that was let in, if it gave one.
pub(super) fn principal(auth: &Auth, head: &Parts) -> Option<String> {
    let authorization = head.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    auth.principal(authorization).map(|name| Subject::short(&name))
}
