//! Why a request got no whole answer, in the words of Docker, which clients search for.

use std::io;

use http::Method;
use url::Url;

use super::super::guard::Refusal;
use crate::error::{Cause, Error};

/// Why there is no answer.
#[derive(Debug)]
pub(in crate::registry) enum Failure {
    /// An address that is not dialled.
    Refused(Refusal),
    /// Name, connection, TLS or time.
    NoAnswer {
        /// `Get "https://host/path"`
        operation: String,
        phase: String,
        /// The connection broke under the request, which is worth another try.
        reset: bool,
        cause: Option<Cause>,
    },
    /// The body ended early.
    Torn { received: u64, unanswered: Box<Failure> },
    /// More redirects than anyone needs; of which request.
    Redirects(String),
    /// The body is longer than its cap.
    TooLarge,
    /// Not the exchange itself: what was to be sent, or the token to send with it.
    Inner(Error),
}

const STALLED: &str =
    "net/http: request canceled (Client.Timeout exceeded while awaiting headers): i/o timeout";

/// `Get "https://host/path"`: as Docker writes a request, without the query.
pub(in crate::registry) fn operation(method: &Method, url: &Url) -> String {
    let verb = match *method {
        Method::HEAD => "Head",
        Method::POST => "Post",
        Method::PATCH => "Patch",
        Method::PUT => "Put",
        Method::DELETE => "Delete",
        _ => "Get",
    };
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    format!("{verb} {:?}", url.as_str())
}

impl Failure {
    /// Of a request that was not answered.
    pub(super) fn of(method: &Method, url: &Url, error: reqwest::Error) -> Self {
        if let Some(refusal) = cause_of::<Refusal>(&error) {
            return Self::Refused(refusal.clone());
        }
        let (phase, reset) = phase(url, &error);
        let cause = Some(error.without_url().into());
        Self::NoAnswer { operation: operation(method, url), phase, reset, cause }
    }

    /// Of an exchange in which nothing moved any more.
    pub(super) fn stalled(method: &Method, url: &Url) -> Self {
        let (operation, phase) = (operation(method, url), STALLED.to_owned());
        Self::NoAnswer { operation, phase, reset: false, cause: None }
    }

    /// Of a body that did not come to its end.
    pub(super) fn torn(method: &Method, url: &Url, received: u64, error: reqwest::Error) -> Self {
        let timed_out = error.is_timeout();
        let unanswered = Self::of(method, url, error);
        if timed_out { unanswered } else { Self::Torn { received, unanswered: Box::new(unanswered) } }
    }
}

/// What happened, and whether the connection broke under the request.
fn phase(url: &Url, error: &reqwest::Error) -> (String, bool) {
    let host = url.host_str().unwrap_or_default();
    let address = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
    let system = chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last();
    if error.is_builder() {
        return ("tls: no certificates to trust could be loaded".to_owned(), false);
    }
    if error.is_dns() {
        return (format!("dial tcp: lookup {host}: no such host"), false);
    }
    if let Some(tls) = cause_of::<rustls::Error>(error) {
        return (tls_phase(tls), false);
    }
    if error.is_connect() {
        let why = match system.map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => "connect: connection refused".to_owned(),
            Some(io::ErrorKind::NetworkUnreachable) => "connect: network is unreachable".to_owned(),
            Some(io::ErrorKind::HostUnreachable) => "connect: no route to host".to_owned(),
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof) => {
                return (format!("read tcp {address}: connection reset by peer"), true);
            }
            Some(io::ErrorKind::TimedOut) | None => "i/o timeout".to_owned(),
            Some(_) => "connect: connection failed".to_owned(),
        };
        return (format!("dial tcp {address}: {why}"), false);
    }
    if error.is_timeout() {
        return (STALLED.to_owned(), false);
    }
    (format!("read tcp {address}: connection reset by peer"), true)
}

fn tls_phase(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidMessage(_) => "http: server gave HTTP response to HTTPS client".to_owned(),
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer) => {
            "tls: failed to verify certificate: x509: certificate signed by unknown authority".to_owned()
        }
        rustls::Error::InvalidCertificate(why) => format!("tls: failed to verify certificate: {why}"),
        why => format!("remote error: tls: {why}"),
    }
}

/// An error and all that lies behind it. An I/O error hides what it wraps from `source`.
fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match wrapped {
            Some(inner) => Some(inner as &(dyn std::error::Error + 'static)),
            None => error.source(),
        }
    })
}

fn cause_of<E: std::error::Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    chain(error).find_map(|cause| cause.downcast_ref::<E>())
}
