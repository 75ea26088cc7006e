//! A server that is recorded, or asked again.
//!
//! Invariant: what it redirects to is not followed, and no proxy of the environment comes between.

use std::time::Duration;

use http::{HeaderMap, HeaderName, Method, header};
use reqwest::{Client, redirect::Policy};
use url::Url;

use super::CassetteError;
use crate::wire::Content;

/// Headers that are of one connection, or that are made anew.
const OF_CONNECTION: [HeaderName; 12] = [
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

const CONNECT: Duration = Duration::from_secs(30);

/// The server.
#[derive(Clone, Debug)]
pub(super) struct Upstream {
    pub(super) base: Url,
    http: Client,
}

/// An answer of it.
pub(super) type Answered = http::Response<reqwest::Body>;

impl Upstream {
    /// By its address, which has no path.
    pub(super) fn new(address: &str) -> Result<Self, CassetteError> {
        let wrong = || CassetteError::Upstream(address.to_owned());
        let base = Url::parse(address).map_err(|_| wrong())?;
        let is_plain = base.username().is_empty() && base.password().is_none() && base.query().is_none();
        if !matches!(base.scheme(), "http" | "https") || base.path() != "/" || !is_plain {
            return Err(wrong());
        }
        let http = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .build()
            .map_err(|_| wrong())?;
        Ok(Self { base, http })
    }

    /// A path with its query there.
    pub(super) fn at(&self, target: &str) -> Option<Url> {
        let url = self.base.join(target).ok()?;
        (url.origin() == self.base.origin()).then_some(url)
    }

    /// Asks.
    pub(super) async fn send(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Content,
    ) -> Result<Answered, CassetteError> {
        let name = url.host_str().unwrap_or_default().to_owned();
        let request = self.http.request(method, url).headers(headers);
        let request = match body {
            Content::Empty => request,
            content => request.body(reqwest::Body::wrap(content)),
        };
        // The error would tell the address, and with it what its query may hold.
        request.send().await.map(Into::into).map_err(|_| CassetteError::Unreachable(name))
    }
}

/// Takes away what does not go on.
pub(super) fn for_next_hop(mut headers: HeaderMap) -> HeaderMap {
    for name in OF_CONNECTION {
        headers.remove(name);
    }
    headers
}
