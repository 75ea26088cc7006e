//! Asks a server again what a cassette asked, and says where its answers differ.

use std::{io, path::Path};

use http::{HeaderMap, HeaderValue, Method, header};
use http_body_util::BodyExt;
use serde_json::Value;

use super::{
    CassetteError,
    bodies::Bodies,
    difference::Ignored,
    file::Tape,
    interaction::{Body, Headers, Interaction, Request, Response, to_map},
    redact::{self, Kind},
    secrets::Secrets,
    substitutes::Substitutes,
    through::Through,
    upstream::Upstream,
};
use crate::wire::Content;

/// Headers that say what an answer is.
const TELLING: [&str; 5] =
    ["content-range", "content-type", "docker-content-digest", "oci-subject", "x-amzn-errortype"];

/// What came of it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct Comparison {
    /// Requests that were made.
    pub asked: usize,
    /// Requests that were left out: those that went to other hosts by the proxy.
    pub left_out: usize,
    /// Each in a line.
    pub differences: Vec<String>,
}

/// An answer of today, with its document, if it has one.
struct Today {
    status: u16,
    headers: Headers,
    document: Option<Value>,
    body: Body,
}

/// Asks a server (`http://…` or `https://…`) what a cassette asked, in its order. Requests go without credentials, since a cassette has none;
/// the Region of a signed one goes with it. Dates, ids, addresses and the like are not compared, nor are members that are to be ignored.
///
/// # Errors
/// If the cassette cannot be read, or the server does not answer at all.
pub async fn compare(
    cassette: &Path,
    against: &str,
    ignored: &[String],
) -> Result<Comparison, CassetteError> {
    let tape = Tape::read(cassette)?;
    let upstream = Upstream::new(against)?;
    let (mut comparison, mut substitutes) = (Comparison::default(), Substitutes::default());
    let fault = |cause| CassetteError::File { path: cassette.to_owned(), cause };
    for Interaction { request, response } in &tape.interactions {
        if Through::is_place(&request.target) {
            comparison.left_out += 1;
            continue;
        }
        let today = ask(&upstream, &tape.bodies, request, &substitutes).await?;
        let then = document_of(&tape.bodies, request, response).await.map_err(fault)?;
        let lines = differences(response, then.as_ref(), &today, &Ignored(ignored));
        comparison.differences.extend(lines.into_iter().map(|line| format!("{}: {line}", request.name())));
        comparison.asked += 1;
        substitutes.learn((&response.headers, then.as_ref()), (&today.headers, today.document.as_ref()));
    }
    Ok(comparison)
}

async fn ask(
    upstream: &Upstream,
    bodies: &Bodies,
    request: &Request,
    substitutes: &Substitutes,
) -> Result<Today, CassetteError> {
    let wrong = || CassetteError::Upstream(request.target.clone());
    let url = upstream.at(&substitutes.apply(&request.target)).ok_or_else(wrong)?;
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| wrong())?;
    let body = match &request.body {
        Body::Text(text) if request.operation.is_some() => Content::Whole(substitutes.apply(text).into()),
        body => bodies.read(body).await.map_err(|_| wrong())?,
    };
    let (told, body) = upstream.send(method, url, headers(request), body).await?.into_parts();
    let (kind, secrets) = (redact::kind(&request.target, &told.headers), Secrets::default());
    let unfinished = |_| CassetteError::Unreachable(upstream.base.to_string());
    let (document, body) = match kind {
        Kind::Document => {
            let limited = http_body_util::Limited::new(body, LARGEST_DOCUMENT);
            let whole = limited.collect().await.map_err(unfinished)?.to_bytes();
            (serde_json::from_slice(&redact::content(kind, whole, &secrets)).ok(), Body::Empty)
        }
        _ => (None, Bodies::measure(body, kind, &secrets).await.map_err(|error| unfinished(error.into()))?),
    };
    let mut headers = redact::headers(&told.headers, &secrets);
    relative(&mut headers, upstream);
    Ok(Today { status: told.status.as_u16(), headers, document, body })
}

/// As much as a document may have: a part of a layer, and what is around it.
const LARGEST_DOCUMENT: usize = 28 * 1024 * 1024;

/// What goes with a request. A signature that nobody verifies says which Region is meant.
fn headers(request: &Request) -> HeaderMap {
    let mut headers = to_map(&request.headers);
    let mut add =
        |name, value: &str| headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
    if let Some(operation) = &request.operation {
        add(http::HeaderName::from_static("x-amz-target"), operation);
    }
    if let Some((region, service)) = request.scope.as_deref().and_then(|scope| scope.split_once('/')) {
        add(
            header::AUTHORIZATION,
            &format!(
                "AWS4-HMAC-SHA256 Credential=anonymous/19700101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=00"
            ),
        );
    }
    headers
}

/// Addresses of the server itself become paths, as cassettes have them.
fn relative(headers: &mut Headers, upstream: &Upstream) {
    for (name, value) in headers {
        if name == "location"
            && let Some(rest) = value.strip_prefix(upstream.base.as_str().trim_end_matches('/'))
        {
            *value = rest.to_owned();
        }
    }
}

async fn document_of(bodies: &Bodies, request: &Request, response: &Response) -> io::Result<Option<Value>> {
    if redact::kind(&request.target, &to_map(&response.headers)) != Kind::Document {
        return Ok(None);
    }
    let whole = bodies.read(&response.body).await?.collect().await?.to_bytes();
    Ok(serde_json::from_slice(&whole).ok())
}

fn differences(
    then: &Response,
    document: Option<&Value>,
    today: &Today,
    ignored: &Ignored<'_>,
) -> Vec<String> {
    let mut lines = Vec::new();
    if then.status != today.status {
        lines.push(format!("status was {}, is {}", then.status, today.status));
    }
    for name in TELLING {
        let (one, other) = (told(&then.headers, name), told(&today.headers, name));
        if one != other {
            lines.push(format!("{name} was {one}, is {other}"));
        }
    }
    match (document, &today.document) {
        (Some(one), Some(other)) => lines.extend(ignored.compare(one, other)),
        (None, None) if then.body.digest() != today.body.digest() => {
            lines.push("the body is another one".to_owned());
        }
        (None, None) => {}
        _ => lines.push("one of the bodies is a document, the other is not".to_owned()),
    }
    lines
}

/// What a header says, without parameters: those of a media type are spelt in many ways.
fn told<'h>(headers: &'h Headers, wanted: &str) -> &'h str {
    let found = headers.iter().find(|(name, _)| name == wanted);
    found.and_then(|(_, value)| value.split(';').next()).unwrap_or("nothing")
}
