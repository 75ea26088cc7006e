//! A request with its answer, as a line of a cassette has them.

use http::{HeaderMap, HeaderName, HeaderValue, request::Parts, uri::PathAndQuery};
use serde::{Deserialize, Serialize};

use super::{redact, secrets::Secrets};
use crate::model::Plane;

/// A line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Interaction {
    pub(super) request: Request,
    pub(super) response: Response,
}

/// What was asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    /// `X-Amz-Target`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) operation: Option<String>,
    /// Region and service of the signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<String>,
    pub(super) headers: Headers,
    pub(super) body: Body,
}

/// What was answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: Body,
}

/// Names and values, in order.
pub(super) type Headers = Vec<(String, String)>;

/// Content, or where it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Body {
    Empty,
    Text(String),
    File { digest: String, size: u64 },
}

/// What makes requests the same: parameters in any order, members in any order, whatever the credentials.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Key {
    method: String,
    path: String,
    parameters: Vec<String>,
    operation: Option<String>,
    scope: Option<String>,
    content: String,
}

impl Request {
    /// A request as it is kept, with a body that is kept.
    pub(super) fn of(head: &Parts, body: Body, secrets: &Secrets) -> Self {
        let operation = head.headers.get("x-amz-target").and_then(|operation| operation.to_str().ok());
        Self {
            method: head.method.to_string(),
            target: redact::target(head.uri.path_and_query().map_or("/", PathAndQuery::as_str), secrets),
            operation: operation.map(str::to_owned),
            scope: redact::scope(&head.headers),
            headers: redact::headers(&head.headers, secrets),
            body,
        }
    }

    pub(super) fn key(&self) -> Key {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let mut parameters: Vec<_> =
            query.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
        parameters.sort_unstable();
        Key {
            method: self.method.clone(),
            path: path.to_owned(),
            parameters,
            operation: self.operation.clone(),
            scope: self.scope.clone(),
            content: self.body.digest(),
        }
    }

    /// Which interface it is for.
    pub(super) fn plane(&self) -> Plane {
        if self.operation.is_some() { Plane::Control } else { Plane::Data }
    }

    /// As reports name it.
    pub(super) fn name(&self) -> String {
        match self.operation.as_deref().and_then(|operation| operation.split_once('.')) {
            Some((_, operation)) => operation.to_owned(),
            None => format!("{} {}", self.method, self.target),
        }
    }
}

impl Body {
    /// `sha256:…`; nothing for no content.
    pub(super) fn digest(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => crate::model::Digest::of(text.as_bytes()).to_string(),
            Self::File { digest, .. } => digest.clone(),
        }
    }
}

/// The headers that can be sent.
pub(super) fn to_map(headers: &Headers) -> HeaderMap {
    let parsed = headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    });
    let mut map = HeaderMap::new();
    for (name, value) in parsed {
        map.append(name, value);
    }
    map
}
