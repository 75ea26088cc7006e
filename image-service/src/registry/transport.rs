//! One HTTP exchange: send, read under a cap, say in Docker's words what went wrong.
//!
//! Invariant: no redirect is followed here and no address is dialled that the request's `Reach` does not admit.

mod failure;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode, header};
use url::Url;

use super::{
    endpoint::Trust,
    guard::{GuardedResolver, Reach},
    network::Network,
};

pub(super) use failure::{Failure, operation};

const USER_AGENT: &str = concat!("image-service/", env!("CARGO_PKG_VERSION"));
const CONNECT: Duration = Duration::from_secs(10);
/// Bounds a body that drips.
const TOTAL: Duration = Duration::from_secs(300);
/// Below the idle limit of common load balancers, which is 60 s.
const IDLE: Duration = Duration::from_secs(50);
const IDLE_PER_HOST: usize = 8;
/// What is read of an error's body.
const ERROR_CAP: u64 = 64 * 1024;

/// A request to one URL.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    /// A form, for token endpoints.
    pub(super) body: Option<String>,
    /// What may come back with a success.
    pub(super) cap: u64,
    pub(super) trust: Trust,
    pub(super) reach: Reach,
}

/// A complete answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// What was asked for.
    pub(super) url: Url,
}

/// Sends requests; one HTTP client, with its own connections, for each pair of trust and reach.
#[derive(Debug)]
pub(super) struct Transport {
    network: Network,
    authorities: Vec<Vec<u8>>,
    clients: Mutex<HashMap<(Trust, Reach), reqwest::Client>>,
}

impl Transport {
    pub(super) fn new(network: Network, authorities: Vec<Vec<u8>>) -> Self {
        Self { network, authorities, clients: Mutex::default() }
    }

    pub(super) const fn network(&self) -> &Network {
        &self.network
    }

    /// Sends a request and reads the answer whole.
    pub(super) async fn send(&self, outgoing: &Outgoing) -> Result<Answer, Failure> {
        outgoing.reach.check(&outgoing.url).map_err(Failure::Refused)?;
        let client = self
            .client(outgoing.trust, outgoing.reach)
            .map_err(|error| Failure::of(&outgoing.method, &outgoing.url, error))?;
        let mut request = client
            .request(outgoing.method.clone(), outgoing.url.clone())
            .headers(outgoing.headers.clone())
            .header(header::ACCEPT_ENCODING, "identity");
        if let Some(form) = &outgoing.body {
            request =
                request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.clone());
        }
        let mut response =
            request.send().await.map_err(|error| Failure::of(&outgoing.method, &outgoing.url, error))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let body = read(response, outgoing, status.is_success()).await?;
        Ok(Answer { status, headers, body, url: outgoing.url.clone() })
    }

    fn client(&self, trust: Trust, reach: Reach) -> reqwest::Result<reqwest::Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&(trust, reach)) {
            return Ok(client.clone());
        }
        let client = self.build(trust, reach)?;
        clients.insert((trust, reach), client.clone());
        Ok(client)
    }

    fn build(&self, trust: Trust, reach: Reach) -> reqwest::Result<reqwest::Client> {
        let resolver = GuardedResolver { lookup: Arc::clone(&self.network.lookup), reach };
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .dns_resolver(resolver)
            .connect_timeout(CONNECT)
            .read_timeout(self.network.stall)
            .timeout(TOTAL)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST);
        match trust.0.and_then(|number| self.authorities.get(number)) {
            Some(pem) => builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(pem)?).build(),
            None => builder.build(),
        }
    }
}

/// Counts what comes and does not trust a `Content-Length`. A long error is cut, a long success refused.
async fn read(mut response: reqwest::Response, outgoing: &Outgoing, success: bool) -> Result<Bytes, Failure> {
    let cap = if success { outgoing.cap } else { ERROR_CAP };
    let mut body = BytesMut::new();
    loop {
        let piece = match response.chunk().await {
            Ok(Some(piece)) => piece,
            Ok(None) => return Ok(body.freeze()),
            Err(_) if !success => return Ok(body.freeze()),
            Err(error) => {
                return Err(Failure::torn(&outgoing.method, &outgoing.url, body.len() as u64, error));
            }
        };
        let room = cap.saturating_sub(body.len() as u64);
        if piece.len() as u64 <= room {
            body.extend_from_slice(&piece);
        } else if success {
            return Err(Failure::TooLarge);
        } else {
            let room = usize::try_from(room).unwrap_or(0);
            body.extend_from_slice(&piece[..room]);
            return Ok(body.freeze());
        }
    }
}
