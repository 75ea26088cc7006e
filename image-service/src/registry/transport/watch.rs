//! Requests as traces and metrics see them. Nothing of a trace is sent along: who asks for what is no registry's affair.

use std::time::Instant;

use http::Method;
use telemetry::{Histogram, Hosts, KeyValue, Span};
use url::Url;

use super::{Answer, Failure, Outgoing};

static DURATION: Histogram = Histogram::new(
    "http.client.request.duration",
    "How long registries, their token endpoints and stores of blobs take to answer",
);
static HOSTS: Hosts = Hosts::new();

/// What is asked of the distribution protocol. Other paths may be links that are good for whoever has them.
const API: &str = "/v2/";
/// What follows it is such a link.
const UPLOADS: &str = "/uploads/";

/// Watches one exchange, if anybody wants to know.
pub(super) async fn watched(
    outgoing: &Outgoing,
    exchange: impl Future<Output = Result<Answer, Failure>>,
) -> Result<Answer, Failure> {
    if !telemetry::is_tracing() && !telemetry::is_counting() {
        return exchange.await;
    }
    let (method, host) = (method(&outgoing.method), host(&outgoing.url));
    let mut span =
        Span::client(method).with("http.request.method", method).with("server.address", host.clone());
    if let Some(path) = path(&outgoing.url) {
        span.set("url.path", path);
    }
    let begun = Instant::now();
    let answered = span.around(exchange).await;
    let mut labels = vec![
        KeyValue::new("http.request.method", method),
        KeyValue::new("server.address", HOSTS.label(&host, answered.is_ok())),
    ];
    match &answered {
        Ok(answer) => {
            let status = i64::from(answer.status.as_u16());
            span.set("http.response.status_code", status);
            if !answer.status.is_success() && !answer.status.is_redirection() {
                span.fail(answer.status.as_str().to_owned());
            }
            labels.push(KeyValue::new("http.response.status_code", status));
        }
        Err(failure) => {
            span.fail(word(failure));
            labels.push(KeyValue::new("error.type", word(failure)));
        }
    }
    DURATION.record(begun.elapsed(), &labels);
    answered
}

const fn word(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused(_) => "refused",
        Failure::NoAnswer { .. } => "no_answer",
        Failure::Torn { .. } => "torn",
        Failure::Redirects(_) => "redirects",
        Failure::TooLarge => "too_large",
        Failure::Inner(_) => "inner",
    }
}

const fn method(method: &Method) -> &'static str {
    match *method {
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "GET",
    }
}

/// As registries are known: with the port, if it is not the usual one.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Without its query, and without what may be secret in itself.
fn path(url: &Url) -> Option<String> {
    let path = url.path().strip_prefix(API)?;
    let end = path.find(UPLOADS).map_or(path.len(), |at| at + UPLOADS.len());
    path.get(..end).map(|path| format!("{API}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_link_that_is_good_for_its_bearer_is_told() {
        let told = |url: &str| path(&Url::parse(url).unwrap());
        assert_eq!(told("https://r/v2/a/b/manifests/1?x=secret").as_deref(), Some("/v2/a/b/manifests/1"));
        assert_eq!(told("https://r/v2/a/blobs/uploads/secret").as_deref(), Some("/v2/a/blobs/uploads/"));
        assert_eq!(told("https://store/bucket/secret?sig=secret"), None);
        assert_eq!(host(&Url::parse("https://me:secret@r:5000/").unwrap()), "r:5000");
    }
}
