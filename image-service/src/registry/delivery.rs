//! Delivers one question to one endpoint: through redirects, again where that helps, within the caller's budget.

use http::{HeaderMap, HeaderValue, StatusCode, header};
use url::Url;

use super::{
    ask::{Ask, Verb, Wanted},
    auth::Presented,
    echo::withhold_echo,
    endpoint::Endpoint,
    error,
    fetch::Caller,
    guard::{Purpose, Reach},
    quota::QuotaGate,
    rate_limit::RateLimits,
    redirect::{self, is_same_origin},
    retry::{Throttle, Tries},
    transport::{Answer, Failure, Outgoing, Transport, operation},
    warning::Warnings,
};
use crate::error::Result;

/// The way to all endpoints, and what was learnt on it.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) transport: Transport,
    pub(super) limits: RateLimits,
    quota: QuotaGate,
    warnings: Warnings,
}

impl Delivery {
    pub(super) fn new(transport: Transport) -> Self {
        Self {
            transport,
            limits: RateLimits::default(),
            quota: QuotaGate::default(),
            warnings: Warnings::default(),
        }
    }

    /// An error if the question would cost a pull and the caller has none left.
    pub(super) fn check_budget(&self, endpoint: &Endpoint, ask: &Ask<'_>, caller: Caller<'_>) -> Result<()> {
        match is_counted(endpoint, ask) && ask.verb == Verb::Get {
            true => self.quota.check(endpoint, caller.fingerprint),
            false => Ok(()),
        }
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
        let answer = withhold_echo(answer, caller, presented.authorization());
        trace(endpoint, ask, &answer);
        if !endpoint.mirror && is_same_origin(&endpoint.base, &answer.url) {
            self.limits.note(caller.fingerprint.namespace(), &endpoint.registry, &answer.headers);
            self.warnings.note(&endpoint.registry, &answer.headers);
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
            let Some(next) = redirect::followed(ask, &answer)? else { return Ok(answer) };
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
    !endpoint.mirror && !ask.push && matches!(ask.wanted, Wanted::Manifest { .. })
}

/// Signed links live for minutes; a store says 403 to an old one, and a new one is just a request away.
fn is_lapsed_link(endpoint: &Endpoint, outcome: &Result<Answer, Failure>) -> bool {
    outcome.as_ref().is_ok_and(|answer| {
        answer.status == StatusCode::FORBIDDEN && !is_same_origin(&endpoint.base, &answer.url)
    })
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
    Outgoing {
        method: ask.method(),
        url: url.clone(),
        headers,
        payload: ask.payload(),
        cap: ask.wanted.cap(),
        streamed: ask.is_streamed(),
        trust: endpoint.trust,
        reach,
    }
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
