//! What a cassette keeps of a request or an answer.
//!
//! Invariants: of headers it keeps those that are named here. In documents, forms, markup and queries, values with the name of a secret become
//! `redacted`. Manifests and blobs are kept byte for byte: their digests are their names.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, header};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{interaction::Headers, through::BLOBS};

const KEPT: [&str; 23] = [
    "accept",
    "accept-ranges",
    "allow",
    "cache-control",
    "content-encoding",
    "content-range",
    "content-type",
    "docker-content-digest",
    "docker-distribution-api-version",
    "docker-upload-uuid",
    "etag",
    "if-none-match",
    "if-range",
    "link",
    "location",
    "oci-filters-applied",
    "oci-subject",
    "oci-tag",
    "range",
    "retry-after",
    "www-authenticate",
    "x-amzn-errortype",
    "x-amzn-requestid",
];

const REDACTED: &str = "redacted";

/// Parameters that make an address open something by itself: those of this registry, of distribution, of S3 and of CloudFront.
const SIGNED: [&str; 8] =
    ["download", "keypairid", "policy", "sig", "signature", "state", "xamzcredential", "xamzsignature"];

/// What a body is, for this.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// JSON, to be read whole. What turns out to be none is not kept.
    Document,
    Form,
    /// XML, as STS answers it.
    Markup,
    /// A manifest or a blob: kept byte for byte.
    Opaque,
}

/// The headers that are kept.
pub(super) fn headers(headers: &HeaderMap) -> Headers {
    let kept = headers.iter().filter(|(name, _)| KEPT.contains(&name.as_str()));
    let shown =
        kept.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let harmless = shown.filter(|(name, value)| {
        let lower = value.to_ascii_lowercase();
        name != "www-authenticate" || lower.starts_with("basic ") || lower.starts_with("bearer ")
    });
    harmless
        .map(|(name, value)| if name == "location" { (name, target(&value)) } else { (name, value) })
        .collect()
}

/// Region and service of a signature, which are no secret.
pub(super) fn scope(headers: &HeaderMap) -> Option<String> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let credential = authorization.strip_prefix("AWS4-HMAC-SHA256")?.split("Credential=").nth(1)?;
    let mut parts = credential.split(',').next()?.rsplit('/');
    let (_, service, region) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("{region}/{service}"))
}

/// A path or an address, with the secrets of its query left out.
pub(super) fn target(text: &str) -> String {
    let Some((path, query)) = text.split_once('?') else { return text.to_owned() };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret_parameter(name) => format!("{name}={REDACTED}"),
        _ => pair.to_owned(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

/// Content as it is kept.
pub(super) fn content(kind: Kind, bytes: Bytes) -> Bytes {
    match kind {
        _ if bytes.is_empty() => bytes,
        Kind::Opaque => bytes,
        Kind::Form => form(&bytes).into(),
        Kind::Markup => markup(&String::from_utf8_lossy(&bytes)).into(),
        Kind::Document => document(&bytes).unwrap_or_else(|| REDACTED.to_owned()).into(),
    }
}

/// What is in a body, going by the path and the type. A server of tokens may call its JSON anything.
pub(super) fn kind(path: &str, headers: &HeaderMap) -> Kind {
    let media_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match media_type.split(';').next().unwrap_or_default().trim() {
        _ if is_content(path) => Kind::Opaque,
        "application/x-www-form-urlencoded" => Kind::Form,
        "application/xml" | "text/xml" => Kind::Markup,
        _ => Kind::Document,
    }
}

/// Whether manifests or blobs are at a path, here or where it redirects to.
pub(super) fn is_content(path: &str) -> bool {
    ["/blobs/sha", "/blobs/uploads/", "/manifests/", BLOBS].iter().any(|part| path.contains(part))
}

/// A form, likewise.
fn form(bytes: &[u8]) -> String {
    let mut kept = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(bytes) {
        kept.append_pair(&name, if is_secret(&name) { REDACTED } else { &value });
    }
    kept.finish()
}

/// Elements, likewise.
fn markup(text: &str) -> String {
    let pieces = text.split('<').map(|piece| match piece.split_once('>') {
        Some((tag, _))
            if is_secret(tag.split_whitespace().next().unwrap_or_default()) && !tag.starts_with('/') =>
        {
            format!("{tag}>{REDACTED}")
        }
        _ => piece.to_owned(),
    });
    pieces.collect::<Vec<_>>().join("<")
}

/// A document, likewise, with its members in order. Nothing for what is none.
fn document(bytes: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    Some(redacted(value, false).to_string())
}

/// `is_environment`: it is that of a container (ECS), whose variables may be anything.
fn redacted(value: Value, is_environment: bool) -> Value {
    match value {
        Value::Object(members) => {
            let variable = members.get("name").and_then(Value::as_str);
            let hides_value = variable.is_some_and(|name| is_environment || is_secret(name));
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            let kept = members.into_iter().map(|(name, value)| {
                let value = match value {
                    // A client must be able to take it apart when it is served again.
                    Value::String(_) if name == "authorizationToken" => {
                        BASE64_STANDARD.encode(format!("AWS:{REDACTED}")).into()
                    }
                    Value::String(_) if is_secret(&name) => REDACTED.into(),
                    _ if hides_value && name == "value" => REDACTED.into(),
                    inner => redacted(inner, name == "environment"),
                };
                (name, value)
            });
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(values) => values.into_iter().map(|value| redacted(value, is_environment)).collect(),
        Value::String(text) if text.starts_with("http://") || text.starts_with("https://") => {
            target(&text).into()
        }
        other => other,
    }
}

/// Whether a value of this name opens anything. Tokens of pages do not.
fn is_secret(name: &str) -> bool {
    let plain = plain(name);
    let is_page = plain.ends_with("nexttoken");
    let words = ["password", "secret", "authorization", "assertion"];
    !is_page && plain.ends_with("token") || words.iter().any(|word| plain.contains(word))
}

/// Whether a parameter of an address does, which may be signed.
fn is_secret_parameter(name: &str) -> bool {
    is_secret(name) || SIGNED.contains(&&*plain(name))
}

/// Letters and digits, which is what spellings of a name agree on.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
#[path = "redact_tests.rs"]
mod tests;
