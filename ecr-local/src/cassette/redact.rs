//! What a cassette keeps of a request or an answer.
//!
//! Invariants: of headers it keeps those that are named here. In documents, forms, markup and queries, values with the name of a secret become
//! `redacted`, and whoever asked learns them (`secrets`). Manifests and blobs are kept byte for byte, since their digests are their names, or not
//! at all.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, header};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{interaction::Headers, secrets::Secrets, through::BLOBS};

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

/// Stands for what was left out.
pub(super) const REDACTED: &str = "redacted";

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
pub(super) fn headers(headers: &HeaderMap, secrets: &Secrets) -> Headers {
    secrets.learn_headers(headers);
    let kept = headers.iter().filter(|(name, _)| KEPT.contains(&name.as_str()));
    let shown =
        kept.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let harmless = shown.filter(|(name, value)| {
        let lower = value.to_ascii_lowercase();
        name != "www-authenticate" || lower.starts_with("basic ") || lower.starts_with("bearer ")
    });
    harmless
        .map(|(name, value)| if name == "location" { (name, target(&value, secrets)) } else { (name, value) })
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
pub(super) fn target(text: &str, secrets: &Secrets) -> String {
    let Some((path, query)) = text.split_once('?') else { return text.to_owned() };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if is_secret_parameter(name) => {
            secrets.learn(value);
            form_urlencoded::parse(pair.as_bytes()).for_each(|(_, value)| secrets.learn(&value));
            format!("{name}={REDACTED}")
        }
        _ => pair.to_owned(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

/// Content as it is kept.
pub(super) fn content(kind: Kind, bytes: Bytes, secrets: &Secrets) -> Bytes {
    let kept = match kind {
        _ if bytes.is_empty() => return bytes,
        Kind::Opaque => return opaque(bytes, secrets),
        Kind::Form => form(&bytes, secrets),
        Kind::Markup => markup(&String::from_utf8_lossy(&bytes), secrets),
        Kind::Document => document(&bytes, secrets).unwrap_or_else(|| REDACTED.to_owned()),
    };
    secrets.scrub(&kept).into()
}

/// Without a part it would be another one.
fn opaque(bytes: Bytes, secrets: &Secrets) -> Bytes {
    match std::str::from_utf8(&bytes) {
        Ok(text) if secrets.are_in(text, 0) => REDACTED.into(),
        _ => bytes,
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
fn form(bytes: &[u8], secrets: &Secrets) -> String {
    let mut kept = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(bytes) {
        let is_secret = is_secret(&name);
        if is_secret {
            secrets.learn(&value);
        }
        kept.append_pair(&name, if is_secret { REDACTED } else { &value });
    }
    kept.finish()
}

/// Elements, likewise.
fn markup(text: &str, secrets: &Secrets) -> String {
    let pieces = text.split('<').map(|piece| match piece.split_once('>') {
        Some((tag, value))
            if is_secret(tag.split_whitespace().next().unwrap_or_default()) && !tag.starts_with('/') =>
        {
            secrets.learn(value.trim());
            format!("{tag}>{REDACTED}")
        }
        _ => piece.to_owned(),
    });
    pieces.collect::<Vec<_>>().join("<")
}

/// A document, likewise, with its members in order. Nothing for what is none.
fn document(bytes: &[u8], secrets: &Secrets) -> Option<String> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    Some(redacted(value, false, secrets).to_string())
}

/// `is_environment`: it is that of a container (ECS), whose variables may be anything.
fn redacted(value: Value, is_environment: bool, secrets: &Secrets) -> Value {
    match value {
        Value::Object(members) => {
            let variable = members.get("name").and_then(Value::as_str);
            let is_named = variable.is_some_and(is_secret);
            let hides_value = is_named || is_environment && variable.is_some();
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            let kept = members.into_iter().map(|(name, value)| {
                let value = match value {
                    // A client must be able to take it apart when it is served again.
                    Value::String(token) if name == "authorizationToken" => {
                        secrets.learn_pair(&token);
                        BASE64_STANDARD.encode(format!("AWS:{REDACTED}")).into()
                    }
                    Value::String(secret) if is_secret(&name) || is_named && name == "value" => {
                        secrets.learn(&secret);
                        REDACTED.into()
                    }
                    _ if hides_value && name == "value" => REDACTED.into(),
                    inner => redacted(inner, name == "environment", secrets),
                };
                (name, value)
            });
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(values) => {
            values.into_iter().map(|value| redacted(value, is_environment, secrets)).collect()
        }
        Value::String(text) if text.starts_with("http://") || text.starts_with("https://") => {
            target(&text, secrets).into()
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
