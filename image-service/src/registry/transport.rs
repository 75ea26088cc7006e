//! One HTTP exchange: send, read under a cap or as a stream, say in Docker's words what went wrong.
//!
//! Whatever is small has a time in which all of it must be done; blobs may take as long as they need, as long as they move.
//!
//! Invariant: no redirect is followed here and no address is dialled that the request's `Reach` does not admit.

mod failure;
mod rest;
mod span;
mod watch;

use std::{
    collections::HashMap,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::{
    endpoint::Trust,
    guard::{GuardedResolver, Reach},
    network::Network,
};

use span::Pulse;

pub(super) use failure::{Failure, operation};
pub(super) use rest::Rest;
pub(super) use span::{Cursor, Span};

const USER_AGENT: &str = concat!("image-service/", env!("CARGO_PKG_VERSION"));
const CONNECT: Duration = Duration::from_secs(10);
/// Bounds a small body that drips.
const TOTAL: Duration = Duration::from_secs(300);
/// Below the idle limit of common load balancers, which is 60 s.
const IDLE: Duration = Duration::from_secs(50);
const IDLE_PER_HOST: usize = 8;
/// How many stalls a registry may take to put away what it has received: some copy it once more before they answer.
const COMMIT: u32 = 5;
/// Without them, HTTP/2 halts a stream every 64 KiB until the peer has heard of it.
const STREAM_WINDOW: u32 = 2 * 1024 * 1024;
const CONNECTION_WINDOW: u32 = 8 * 1024 * 1024;

/// A request to one URL.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) payload: Payload,
    /// What may come back with a success.
    pub(super) cap: u64,
    /// Leaves the body of a success unread.
    pub(super) streamed: bool,
    pub(super) trust: Trust,
    pub(super) reach: Reach,
}

/// What a request carries.
#[derive(Clone, Debug)]
pub(super) enum Payload {
    Nothing,
    Bytes(Bytes),
    Span(Span),
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The body, if it was left unread.
    pub(super) rest: Option<Rest>,
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

    /// Sends a request and reads the answer, whole unless its body is wanted as a stream.
    pub(super) async fn send(&self, outgoing: &Outgoing) -> Result<Answer, Failure> {
        watch::watched(outgoing, self.exchange(outgoing)).await
    }

    async fn exchange(&self, outgoing: &Outgoing) -> Result<Answer, Failure> {
        let (method, url, stall) = (&outgoing.method, &outgoing.url, self.network.stall);
        outgoing.reach.check(url).map_err(Failure::Refused)?;
        let client =
            self.client(outgoing.trust, outgoing.reach).map_err(|error| Failure::of(method, url, error))?;
        let begun = Instant::now();
        let deadline = || outgoing.payload.deadline(begun, stall);
        let sent = while_it_moves(request(&client, outgoing).send(), deadline).await;
        let mut response = match sent {
            Some(Ok(response)) => response,
            Some(Err(error)) => {
                return Err(outgoing.payload.fault().unwrap_or_else(|| Failure::of(method, url, error)));
            }
            None => return Err(Failure::stalled(method, url)),
        };
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let rest = Rest::new(response, method.clone(), url.clone(), stall);
        let (body, rest) = match outgoing.streamed && status.is_success() {
            true => (Bytes::new(), Some(rest)),
            false => (rest.whole(outgoing.cap, status.is_success()).await?, None),
        };
        Ok(Answer { status, headers, body, rest, url: url.clone() })
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
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST);
        match trust.0.and_then(|number| self.authorities.get(number)) {
            Some(pem) => builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(pem)?).build(),
            None => builder.build(),
        }
    }
}

impl Payload {
    /// Until when an answer has to begin.
    fn deadline(&self, begun: Instant, stall: Duration) -> Instant {
        let Self::Span(span) = self else { return begun + stall };
        match span.pulse() {
            Pulse::Starved => Instant::now() + stall,
            Pulse::Moving(beat) => beat + stall,
            Pulse::Sent(beat) => beat + stall * COMMIT,
        }
    }

    /// Why it could not be sent, if that was not the connection's fault.
    fn fault(&self) -> Option<Failure> {
        if let Self::Span(span) = self { span.fault().map(Failure::Inner) } else { None }
    }
}

fn request(client: &reqwest::Client, outgoing: &Outgoing) -> reqwest::RequestBuilder {
    let request = client
        .request(outgoing.method.clone(), outgoing.url.clone())
        .headers(outgoing.headers.clone())
        .header(header::ACCEPT_ENCODING, "identity");
    let carries = matches!(outgoing.method, Method::POST | Method::PUT | Method::PATCH);
    let (request, length) = match &outgoing.payload {
        Payload::Span(span) if span.length > 0 => {
            (request.body(reqwest::Body::wrap_stream(span.stream())), Some(span.length))
        }
        Payload::Bytes(bytes) => (request.body(bytes.clone()), None),
        Payload::Span(_) | Payload::Nothing => (request, carries.then_some(0)),
    };
    let request = match length {
        Some(length) => request.header(header::CONTENT_LENGTH, HeaderValue::from(length)),
        None => request,
    };
    let unhurried = outgoing.streamed || matches!(outgoing.payload, Payload::Span(_));
    if unhurried { request } else { request.timeout(TOTAL) }
}

/// Nothing if the time ran out; `deadline` moves while there is life in the exchange.
async fn while_it_moves<T>(work: impl Future<Output = T>, deadline: impl Fn() -> Instant) -> Option<T> {
    let mut work = pin!(work);
    loop {
        let until = deadline();
        tokio::select! {
            done = &mut work => return Some(done),
            () = sleep_until(until) => {
                if deadline() <= until {
                    return None;
                }
            }
        }
    }
}
