//! Asks a registry: mirrors first, then itself; with what it wants presented, through its redirects, and again where that helps.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use moka::sync::Cache;
use secrecy::ExposeSecret as _;
use url::Url;

use super::{
    ask::{Ask, Wanted},
    auth::{Authorizer, Presented},
    challenge::Challenge,
    endpoint::{Endpoint, Endpoints, Site},
    error,
    guard::{Purpose, Reach},
    quota::QuotaGate,
    rate_limit::RateLimits,
    redirect::{self, is_same_origin},
    retry::{Throttle, Tries},
    transport::{Answer, Failure, Outgoing, Transport, operation},
};
use crate::{
    error::{Error, Result},
    model::{Credential, Fingerprint, RegistryHost},
    ports::Access,
};

/// How long a mirror that cannot be reached is left alone.
const MIRROR_REST: Duration = Duration::from_secs(30);
/// What is shorter is found in any text.
const SHORTEST_SECRET: usize = 5;
const MAX_MIRRORS: u64 = 1_000;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller<'a> {
    pub(super) credential: Option<&'a Credential>,
    pub(super) fingerprint: Fingerprint,
}

impl<'a> From<&'a Access> for Caller<'a> {
    fn from(access: &'a Access) -> Self {
        Self { credential: access.credential.as_ref(), fingerprint: access.fingerprint }
    }
}

/// An answer, and whether the request said who asked.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) answer: Answer,
    pub(super) identified: bool,
}

/// Conducts requests.
#[derive(Debug)]
pub(super) struct Fetcher {
    endpoints: Endpoints,
    pub(super) transport: Transport,
    pub(super) auth: Authorizer,
    quota: QuotaGate,
    pub(super) limits: RateLimits,
    /// Mirrors that could not be reached.
    resting: Cache<Url, ()>,
}

impl Fetcher {
    pub(super) fn new(endpoints: Endpoints, transport: Transport) -> Self {
        Self {
            endpoints,
            transport,
            auth: Authorizer::default(),
            quota: QuotaGate::default(),
            limits: RateLimits::default(),
            resting: Cache::builder().max_capacity(MAX_MIRRORS).time_to_live(MIRROR_REST).build(),
        }
    }

    pub(super) fn site(&self, registry: &RegistryHost) -> Result<Site> {
        self.endpoints.site(registry)
    }

    /// The first good answer, as `read` sees it: of a mirror, or else of the registry.
    pub(super) async fn fetch<T>(
        &self,
        site: &Site,
        ask: &Ask<'_>,
        caller: Caller<'_>,
        read: impl Fn(&Answer) -> Result<T> + Send + Sync,
    ) -> Result<T> {
        match self.fetch_from_mirrors(site, ask, caller, &read).await {
            Some(found) => Ok(found),
            None => read(&self.successful(&site.origin, ask, caller).await?),
        }
    }

    /// The first good answer of a mirror: whatever is wrong with one, the next is asked.
    pub(super) async fn fetch_from_mirrors<T>(
        &self,
        site: &Site,
        ask: &Ask<'_>,
        caller: Caller<'_>,
        read: impl Fn(&Answer) -> Result<T> + Send + Sync,
    ) -> Option<T> {
        let anonymous = Caller { credential: None, ..caller };
        for mirror in site.mirrors.iter().filter(|mirror| !self.resting.contains_key(&mirror.base)) {
            match self.successful(mirror, ask, anonymous).await.and_then(|answer| read(&answer)) {
                Ok(found) => return Some(found),
                Err(why) => {
                    tracing::debug!(registry = %mirror.registry, mirror = %mirror.base, %why, "mirror does not serve");
                    if let Error::RegistryUnavailable { .. } = why {
                        self.resting.insert(mirror.base.clone(), ());
                    }
                }
            }
        }
        None
    }

    /// One endpoint's answer if it is a success, its refusal otherwise.
    async fn successful(&self, endpoint: &Endpoint, ask: &Ask<'_>, caller: Caller<'_>) -> Result<Answer> {
        let Reply { answer, identified } = self.converse(endpoint, ask, caller).await?;
        match answer.status.is_success() {
            true => Ok(answer),
            false => Err(error::refusal(endpoint, ask, &answer, identified)),
        }
    }

    /// One endpoint's answer, whatever it is, once its challenge has been answered.
    pub(super) async fn converse(
        &self,
        endpoint: &Endpoint,
        ask: &Ask<'_>,
        caller: Caller<'_>,
    ) -> Result<Reply> {
        if is_counted(endpoint, ask) && !ask.head {
            self.quota.check(endpoint, caller.fingerprint)?;
        }
        let mut presented = self.auth.beforehand(&self.transport, endpoint, ask, caller).await?;
        let mut answer = self.deliver(endpoint, ask, caller, &presented).await?;
        if let Some(challenge) = self.challenge(endpoint, ask, caller, &presented, &answer).await? {
            let better =
                self.auth.respond(&self.transport, endpoint, ask, caller, &presented, challenge).await?;
            if let Some(better) = better {
                answer = self.deliver(endpoint, ask, caller, &better).await?;
                presented = better;
            }
        }
        let identified = caller.credential.is_some() && !matches!(presented, Presented::Nothing);
        Ok(Reply { answer, identified })
    }

    /// The challenge in an answer, or behind it: some registries challenge only at `/v2/`. What that one says of a scope is a placeholder.
    async fn challenge(
        &self,
        endpoint: &Endpoint,
        ask: &Ask<'_>,
        caller: Caller<'_>,
        presented: &Presented,
        answer: &Answer,
    ) -> Result<Option<Challenge>> {
        let nothing = matches!(presented, Presented::Nothing);
        let challenging = match answer.status {
            StatusCode::UNAUTHORIZED => !matches!(presented, Presented::Given(_)),
            StatusCode::FORBIDDEN => nothing && caller.credential.is_some(),
            _ => false,
        };
        if !challenging || !is_same_origin(&endpoint.base, &answer.url) {
            return Ok(None);
        }
        let direct = Challenge::read(&answer.headers);
        if direct.is_some() || !nothing || matches!(ask.wanted, Wanted::Login) {
            return Ok(direct);
        }
        let ping = self.deliver(endpoint, &Ask::get(Wanted::Login), caller, &Presented::Nothing).await?;
        Ok(Challenge::read(&ping.headers).filter(|_| ping.status == StatusCode::UNAUTHORIZED).map(
            |challenge| match challenge {
                Challenge::Bearer(mut bearer) => {
                    bearer.scope.clear();
                    Challenge::Bearer(bearer)
                }
                Challenge::Basic => Challenge::Basic,
            },
        ))
    }

    /// One request, tried again where that helps; limits are kept, noted and told.
    pub(super) async fn deliver(
        &self,
        endpoint: &Endpoint,
        ask: &Ask<'_>,
        caller: Caller<'_>,
        presented: &Presented,
    ) -> Result<Answer> {
        let mut tries = if endpoint.mirror { Tries::one() } else { Tries::several() };
        let mut link_may_have_lapsed = true;
        let answer = loop {
            let outcome = self.follow(endpoint, ask, presented.authorization()).await;
            if std::mem::take(&mut link_may_have_lapsed) && is_lapsed_link(endpoint, &outcome) {
                continue;
            }
            match tries.wait_after(&outcome) {
                Some(wait) => self.transport.network().timer.sleep(wait).await,
                None => break outcome.map_err(|failure| error::failure(endpoint, ask, failure))?,
            }
        };
        let answer = withhold_echo(answer, caller, presented);
        trace(endpoint, ask, &answer);
        if !endpoint.mirror && is_same_origin(&endpoint.base, &answer.url) {
            self.limits.note(&endpoint.registry, &answer.headers);
            self.quota.open_if_left(endpoint, caller.fingerprint, &answer);
        }
        if answer.status != StatusCode::TOO_MANY_REQUESTS {
            return Ok(answer);
        }
        Err(match Throttle::of(&answer) {
            Throttle::Quota(told) if is_counted(endpoint, ask) => {
                self.quota.close(endpoint, caller.fingerprint, &answer, told)
            }
            Throttle::Quota(told) | Throttle::Brief(told) => error::rate_limited(endpoint, &answer, told),
        })
    }

    /// One try, through redirects. What authorises at the registry stays there.
    async fn follow(
        &self,
        endpoint: &Endpoint,
        ask: &Ask<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        let (mut url, mut reach) = (ask.url(&endpoint.base), Reach::direct(endpoint));
        let mut authorization = authorization;
        for _ in 0..=redirect::MAX_HOPS {
            let answer = self.transport.send(&outgoing(endpoint, ask, &url, reach, authorization)).await?;
            let may_move = matches!(ask.wanted, Wanted::Manifest { .. } | Wanted::Config { .. });
            let Some(next) = redirect::target(&answer)?.filter(|_| may_move) else { return Ok(answer) };
            if !is_same_origin(&url, &next) {
                authorization = None;
                let lookup = &*self.transport.network().lookup;
                reach = Reach::derived(endpoint, &next, Purpose::Redirect, lookup).await;
            }
            url = next;
        }
        Err(Failure::Redirects(operation(&ask.method(), &ask.url(&endpoint.base))))
    }
}

/// Pull budgets count manifests.
const fn is_counted(endpoint: &Endpoint, ask: &Ask<'_>) -> bool {
    !endpoint.mirror && matches!(ask.wanted, Wanted::Manifest { .. })
}

/// Signed links live for minutes; a store says 403 to an old one, and a new one is just a request away.
fn is_lapsed_link(endpoint: &Endpoint, outcome: &Result<Answer, Failure>) -> bool {
    outcome.as_ref().is_ok_and(|answer| {
        answer.status == StatusCode::FORBIDDEN && !is_same_origin(&endpoint.base, &answer.url)
    })
}

/// A refusal that repeats the caller's secret would carry it into errors and logs; nothing of it is read.
fn withhold_echo(answer: Answer, caller: Caller<'_>, presented: &Presented) -> Answer {
    let secret = match caller.credential {
        Some(
            Credential::Password { password: secret, .. } | Credential::IdentityToken { token: secret, .. },
        )
        | Some(Credential::RegistryToken(secret)) => secret.expose_secret(),
        None => "",
    };
    let sent = presented.authorization().map(HeaderValue::as_bytes).unwrap_or_default();
    let sent = sent.splitn(2, |b| *b == b' ').last().unwrap_or_default();
    let repeats = [secret.as_bytes(), sent].into_iter().any(|secret| {
        secret.len() >= SHORTEST_SECRET && answer.body.windows(secret.len()).any(|window| window == secret)
    });
    if answer.status.is_success() || !repeats { answer } else { Answer { body: Bytes::new(), ..answer } }
}

fn outgoing(
    endpoint: &Endpoint,
    ask: &Ask<'_>,
    url: &Url,
    reach: Reach,
    authorization: Option<&HeaderValue>,
) -> Outgoing {
    let mut headers: HeaderMap = ask.headers();
    if let Some(authorization) = authorization {
        headers.insert(header::AUTHORIZATION, authorization.clone());
    }
    let url = url.clone();
    let cap = ask.wanted.cap();
    Outgoing { method: ask.method(), url, headers, body: None, cap, trust: endpoint.trust, reach }
}

fn trace(endpoint: &Endpoint, ask: &Ask<'_>, answer: &Answer) {
    let repository = ask.wanted.repository().map(|repository| repository.path());
    tracing::debug!(
        registry = %endpoint.registry,
        endpoint = endpoint.base.host_str(),
        repository,
        reference = ask.wanted.reference(),
        method = %ask.method(),
        status = answer.status.as_u16(),
        "registry answered"
    );
}
