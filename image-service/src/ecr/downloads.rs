//! Content behind a URL that AWS has signed: one GET, without credentials and without redirects.
//!
//! Invariant: a URL leads to public and private addresses only, checked when they are dialled; to loopback, and without TLS, only where the
//! configured endpoint of ECR that answered it is so itself. The URL is a secret for as long as it is good: it is in no error and no log.

use std::{net::SocketAddr, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use url::{Host, Url};

use crate::{
    error::{EcrError, EcrReason, Error, Result},
    model::AddressClass,
};

const OPERATION: &str = "GetDownloadUrlForLayer";
const CONNECT: Duration = Duration::from_secs(10);
/// For what has a few MiB at most.
const TOTAL: Duration = Duration::from_secs(60);
const NOT_TAKEN: &str = "the URL that AWS answered leads where this service does not go";

/// Gets content of URLs that AWS has signed.
#[derive(Clone, Debug)]
pub(super) struct Downloads {
    /// For URLs of AWS.
    far: Client,
    /// For those of an endpoint on this machine.
    near: Client,
}

/// How far a URL may lead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Reach {
    loopback: bool,
    plain_http: bool,
}

impl Downloads {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self { far: client(false)?, near: client(true)? })
    }

    /// What is at a URL that an endpoint, or AWS itself, has answered. Of that at most `most` bytes are read, and one more to tell that there
    /// are more.
    pub(super) async fn get(&self, endpoint: Option<&str>, url: &str, most: u64) -> Result<Bytes> {
        let reach = Reach::of(endpoint);
        let url = reach.check(url)?;
        let client = if reach.loopback { &self.near } else { &self.far };
        let response = client.get(url).send().await.map_err(broken)?;
        if !response.status().is_success() {
            let status = response.status();
            let reason = match status.is_server_error() {
                true => EcrReason::ServiceUnavailable,
                false => EcrReason::AccessDenied,
            };
            return Err(failed(
                reason,
                status.is_server_error(),
                format!("the download was answered with {status}"),
            ));
        }
        read(response, most).await
    }
}

impl Reach {
    fn of(endpoint: Option<&str>) -> Self {
        let endpoint = endpoint.and_then(|endpoint| Url::parse(endpoint).ok());
        Self {
            loopback: endpoint.as_ref().is_some_and(is_loopback),
            plain_http: endpoint.is_some_and(|endpoint| endpoint.scheme() == "http"),
        }
    }

    /// Checks what can be told without a resolver.
    fn check(self, url: &str) -> Result<Url> {
        let url = Url::parse(url).ok();
        let url = url.filter(|url| url.scheme() == "https" || (self.plain_http && url.scheme() == "http"));
        let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
        url.filter(|url| match url.host() {
            Some(Host::Ipv4(address)) => admits(self.loopback, AddressClass::of(address.into())),
            Some(Host::Ipv6(address)) => admits(self.loopback, AddressClass::of(address.into())),
            Some(Host::Domain(_)) => true,
            None => false,
        })
        .ok_or_else(|| failed(EcrReason::AnswerInvalid, false, NOT_TAKEN.to_owned()))
    }
}

const fn admits(loopback: bool, class: AddressClass) -> bool {
    match class {
        // A VPC endpoint of S3 has a private address.
        AddressClass::Public | AddressClass::Private => true,
        AddressClass::Loopback => loopback,
        AddressClass::LinkLocal
        | AddressClass::CarrierGrade
        | AddressClass::Metadata
        | AddressClass::NoHost => false,
    }
}

fn client(loopback: bool) -> reqwest::Result<Client> {
    Client::builder()
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .dns_resolver(Guarded { loopback })
        .connect_timeout(CONNECT)
        .timeout(TOTAL)
        .build()
}

/// Resolves the names that connections go to, as far as they may go.
struct Guarded {
    loopback: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let admitted: Vec<SocketAddr> =
                found.filter(|address| admits(loopback, AddressClass::of(address.ip()))).collect();
            match admitted.is_empty() {
                true => Err(NOT_TAKEN.into()),
                false => Ok(Box::new(admitted.into_iter()) as Addrs),
            }
        })
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

async fn read(mut response: Response, most: u64) -> Result<Bytes> {
    let mut content = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(broken)? {
        content.extend_from_slice(&piece);
        if u64::try_from(content.len()).is_ok_and(|length| length > most) {
            let message = format!("the download has more than the {most} bytes that the manifest says");
            return Err(failed(EcrReason::ContentMismatch, false, message));
        }
    }
    Ok(content.freeze())
}

fn broken(error: reqwest::Error) -> Error {
    let reason = if error.is_timeout() { EcrReason::TimedOut } else { EcrReason::Unreachable };
    let message = "the download broke off or could not begin".to_owned();
    let failure = EcrError { retryable: true, ..EcrError::refused(reason, OPERATION, message) };
    Box::new(EcrError { cause: Some(error.without_url().into()), ..failure }).into()
}

fn failed(reason: EcrReason, retryable: bool, message: String) -> Error {
    Box::new(EcrError { retryable, ..EcrError::refused(reason, OPERATION, message) }).into()
}

#[cfg(test)]
#[path = "downloads_tests.rs"]
mod tests;
