//! One request of an upload session, to wherever the registry keeps it.
//!
//! Invariant: what authorises at the registry goes to the registry's own origin and nowhere else, and not even there once a stranger has said
//! where in it.

use std::ops::Range;

use http::{HeaderMap, StatusCode, header};
use url::Url;

use super::super::{
    ask::{Ask, Verb, Wanted},
    auth::Presented,
    challenge::Challenge,
    echo::withhold_echo,
    guard::{Purpose, Reach},
    manifest::View,
    redirect::{self, is_same_origin},
    transport::{Answer, Cursor, Failure, Outgoing, Payload, operation},
};
use crate::error::Result;

/// Where a session is.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) url: Url,
    /// The registry itself has said so, and has never sent the session away.
    pub(super) at_home: bool,
}

impl Place {
    /// Where the registry has opened a session.
    pub(super) fn of(view: &View<'_>, url: Url) -> Self {
        let at_home = is_same_origin(&view.site.origin.base, &url);
        Self { url, at_home }
    }
}

/// What to send.
pub(super) struct Step<'s, 'c> {
    pub(super) verb: Verb,
    pub(super) place: Place,
    pub(super) headers: HeaderMap,
    /// Which bytes of which blob.
    pub(super) body: Option<(&'s mut Cursor<'c>, Range<u64>)>,
}

/// What came back.
pub(super) struct Stepped {
    pub(super) answer: Answer,
    /// The token was refused, and has been replaced by another: a new session may go better.
    pub(super) renewed: bool,
}

/// The question that a step is part of, for scopes and errors.
pub(super) const fn ask<'a>(view: &View<'a>, verb: Verb) -> Ask<'a> {
    Ask::push(verb, Wanted::Upload { repository: view.repository, mount: None })
}

/// Sends a step once, through redirects within its origin.
pub(super) async fn take(view: View<'_>, mut step: Step<'_, '_>) -> Result<Stepped, Failure> {
    let (endpoint, ask) = (&view.site.origin, ask(&view, step.verb));
    let delivery = &view.fetcher.delivery;
    for _ in 0..=redirect::MAX_HOPS {
        let at_home = step.place.at_home;
        let (presented, reach) = if at_home {
            let beforehand = view.fetcher.auth.beforehand(&delivery.transport, endpoint, &ask, view.caller);
            (beforehand.await.map_err(Failure::Inner)?, Reach::direct(endpoint))
        } else {
            let lookup = &*delivery.transport.network().lookup;
            (Presented::Nothing, Reach::derived(endpoint, &step.place.url, Purpose::Redirect, lookup).await)
        };
        let outgoing = outgoing(&view, &ask, &mut step, &presented, reach).await?;
        let answer = delivery.transport.send(&outgoing).await?;
        let answer = withhold_echo(answer, view.caller, presented.authorization());
        tracing::debug!(
            registry = %endpoint.registry,
            endpoint = step.place.url.host_str(),
            repository = view.repository.path(),
            method = %outgoing.method,
            status = answer.status.as_u16(),
            "registry answered an upload"
        );
        match redirect::target_of_write(&answer)? {
            Some(next) => step.place.url = next,
            None => {
                let renewed = at_home && renew(view, &ask, &presented, &answer).await?;
                return Ok(Stepped { answer, renewed });
            }
        }
    }
    Err(Failure::Redirects(operation(&ask.method(), &step.place.url)))
}

async fn outgoing(
    view: &View<'_>,
    ask: &Ask<'_>,
    step: &mut Step<'_, '_>,
    presented: &Presented,
    reach: Reach,
) -> Result<Outgoing, Failure> {
    let mut headers = step.headers.clone();
    if let Some(authorization) = presented.authorization() {
        headers.insert(header::AUTHORIZATION, authorization.clone());
    }
    let payload = match &mut step.body {
        Some((cursor, bytes)) => {
            let length = bytes.end.saturating_sub(bytes.start);
            Payload::Span(cursor.span(bytes.start, length).await.map_err(Failure::Inner)?)
        }
        None => Payload::Nothing,
    };
    Ok(Outgoing {
        method: ask.method(),
        url: step.place.url.clone(),
        headers,
        payload,
        cap: ask.wanted.cap(),
        streamed: false,
        trust: view.site.origin.trust,
        reach,
    })
}

/// Replaces a token that was refused, if there is another to be had.
async fn renew(
    view: View<'_>,
    ask: &Ask<'_>,
    presented: &Presented,
    answer: &Answer,
) -> Result<bool, Failure> {
    if answer.status != StatusCode::UNAUTHORIZED {
        return Ok(false);
    }
    let endpoint = &view.site.origin;
    let challenge = Challenge::read(&answer.headers).or_else(|| view.fetcher.auth.remembered(endpoint));
    let Some(challenge) = challenge else { return Ok(false) };
    let transport = &view.fetcher.delivery.transport;
    let better = view.fetcher.auth.respond(transport, endpoint, ask, view.caller, presented, challenge).await;
    better.map(|better| better.is_some()).map_err(Failure::Inner)
}
