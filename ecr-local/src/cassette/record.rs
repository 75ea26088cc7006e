//! A proxy that writes down what goes through it.

use std::{io, path::Path, sync::Arc};

use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts, uri::PathAndQuery,
};
use hyper::body::Incoming;
use url::Url;

use super::{
    CassetteError, Serving,
    bodies::Arrived,
    file::Writer,
    interaction::{Interaction, Request as KeptRequest, Response as KeptResponse},
    redact::{self, Kind},
    secrets::Secrets,
    through::{Through, at_host},
    upstream::{Answered, Upstream, for_next_hop},
};
use crate::wire::{Answer, Content};

struct Recorder {
    upstream: Upstream,
    through: Through,
    writer: Writer,
    secrets: Secrets,
}

/// Why an exchange is not recorded.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Upstream(#[from] CassetteError),
    #[error("there is no such place")]
    Nowhere,
}

/// Records what goes to a server (`http://…` or `https://…`) through an address of this machine (`HOST:PORT`), in a file that must not be
/// there. Clients sign and identify themselves as if it was the server; a signed call keeps the host that it was signed for.
///
/// # Errors
/// If the file or the address cannot be had, or `upstream` is no address of a server.
pub async fn record(upstream: &str, cassette: &Path, listen: &str) -> Result<Serving, CassetteError> {
    let upstream = Upstream::new(upstream)?;
    let writer = Writer::create(cassette, upstream.base.as_str())?;
    let through = Through::new(&upstream.base);
    let recorder = Arc::new(Recorder { upstream, through, writer, secrets: Secrets::default() });
    Serving::start(listen, move |request| {
        let recorder = Arc::clone(&recorder);
        async move { recorder.respond(request).await }
    })
    .await
}

impl Recorder {
    async fn respond(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        self.pass(&head, body).await.unwrap_or_else(|error| {
            tracing::warn!(method = %head.method, path = head.uri.path(), %error, "not recorded");
            let mut answer = Response::new(Content::Whole(error.to_string().into()));
            *answer.status_mut() = StatusCode::BAD_GATEWAY;
            answer
        })
    }

    async fn pass(&self, head: &Parts, body: Incoming) -> Result<Answer, Failed> {
        let bodies = &self.writer.bodies;
        let kind = redact::kind(head.uri.path(), &head.headers);
        let asked = bodies.take(body, kind).await?;
        let answered = self.ask(head, bodies.content(&asked).await?).await?;
        let (mut told, body) = answered.into_parts();
        told.headers = for_next_hop_back(&head.method, told.headers);
        let own_kind = redact::kind(head.uri.path(), &told.headers);
        let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let got = self.lead(own_kind, host, bodies.take(body, own_kind).await?);
        self.through.lead_headers(&mut told.headers, host, redact::is_content(head.uri.path()));
        let secrets = &self.secrets;
        // What the headers open with may be anywhere in the bodies.
        secrets.learn_headers(&head.headers);
        secrets.learn_headers(&told.headers);
        let request = bodies.keep(asked, kind, secrets).await?;
        let response = KeptResponse {
            status: told.status.as_u16(),
            headers: kept(&head.method, &told.headers, secrets),
            body: bodies.keep(got.clone(), own_kind, secrets).await?,
        };
        let request = KeptRequest::of(head, request, secrets);
        self.writer.add(Interaction { request, response }, secrets).await?;
        let content = match bodies.content(&got).await? {
            Content::Whole(bytes) if own_kind == Kind::Document => match std::str::from_utf8(&bytes) {
                Ok(text) => Content::Whole(at_host(text, host).into()),
                Err(_) => Content::Whole(bytes),
            },
            content => content,
        };
        here(&mut told.headers, host);
        Ok(Response::from_parts(told, content))
    }

    /// Asks the server, or whoever is behind one of the proxy's own places.
    async fn ask(&self, head: &Parts, body: Content) -> Result<Answered, Failed> {
        let mut headers = for_next_hop(head.headers.clone());
        let target = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let url = match self.through.find(target) {
            Some(elsewhere) => {
                if !elsewhere.takes_credentials {
                    headers.remove(header::AUTHORIZATION);
                    headers.remove(header::COOKIE);
                }
                elsewhere.url
            }
            None if Through::is_place(target) => return Err(Failed::Nowhere),
            None => self.own(target, head, &mut headers)?,
        };
        Ok(self.upstream.send(head.method.clone(), url, headers, body).await?)
    }

    fn own(&self, target: &str, head: &Parts, headers: &mut HeaderMap) -> Result<Url, Failed> {
        let signed = |value: &HeaderValue| value.as_bytes().starts_with(b"AWS4-HMAC-SHA256");
        // The host is among what was signed.
        if let (Some(host), Some(true)) =
            (head.headers.get(header::HOST), head.headers.get(header::AUTHORIZATION).map(signed))
        {
            headers.insert(header::HOST, host.clone());
        }
        self.upstream.at(target).ok_or(Failed::Nowhere)
    }

    /// Leads the addresses in a document through the proxy.
    fn lead(&self, kind: Kind, host: &str, arrived: Arrived) -> Arrived {
        let Arrived::Whole(bytes) = &arrived else { return arrived };
        match serde_json::from_slice::<serde_json::Value>(bytes) {
            Ok(mut document) if kind == Kind::Document && document.get("downloadUrl").is_some() => {
                self.through.lead_document(&mut document, host);
                Arrived::Whole(document.to_string().into())
            }
            _ => arrived,
        }
    }
}

/// The answer to a HEAD request says how long a body would be.
fn for_next_hop_back(method: &Method, headers: HeaderMap) -> HeaderMap {
    let length = headers.get(header::CONTENT_LENGTH).filter(|_| *method == Method::HEAD).cloned();
    let mut headers = for_next_hop(headers);
    headers.extend(length.map(|length| (header::CONTENT_LENGTH, length)));
    headers
}

fn kept(method: &Method, headers: &HeaderMap, secrets: &Secrets) -> super::interaction::Headers {
    let mut kept = redact::headers(headers, secrets);
    let length = headers.get(header::CONTENT_LENGTH).filter(|_| *method == Method::HEAD);
    let length = length.and_then(|length| length.to_str().ok());
    kept.extend(length.map(|length| (header::CONTENT_LENGTH.to_string(), length.to_owned())));
    kept
}

/// Puts this host where an answer has any.
pub(super) fn here(headers: &mut HeaderMap, host: &str) {
    let realm = headers.get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    if let Some(value) = realm.and_then(|realm| HeaderValue::from_str(&at_host(realm, host)).ok()) {
        headers.insert(header::WWW_AUTHENTICATE, value);
    }
}
