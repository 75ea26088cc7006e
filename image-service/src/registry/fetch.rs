//! Asks a registry: mirrors first, then itself; with what it wants presented.

use std::time::Duration;

use http::StatusCode;
use moka::sync::Cache;
use url::Url;

use super::{
    ask::{Ask, Wanted},
    auth::{Authorizer, Presented},
    challenge::Challenge,
    delivery::Delivery,
    endpoint::{Endpoint, Endpoints, Site},
    error,
    redirect::is_same_origin,
    transport::{Answer, Transport},
};
use crate::{
    error::{Error, Result},
    model::{Credential, Fingerprint, RegistryHost},
    ports::{Access, AnsweredBy},
};

/// How long a mirror that cannot be reached is left alone.
const MIRROR_REST: Duration = Duration::from_secs(30);
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

impl Caller<'_> {
    pub(super) fn to_access(self) -> Access {
        Access { credential: self.credential.cloned(), fingerprint: self.fingerprint }
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
    pub(super) delivery: Delivery,
    pub(super) auth: Authorizer,
    /// Mirrors that could not be reached.
    resting: Cache<Url, ()>,
}

impl Fetcher {
    pub(super) fn new(endpoints: Endpoints, transport: Transport) -> Self {
        Self {
            endpoints,
            delivery: Delivery::new(transport),
            auth: Authorizer::default(),
            resting: Cache::builder().max_capacity(MAX_MIRRORS).time_to_live(MIRROR_REST).build(),
        }
    }

    pub(super) fn site(&self, registry: &RegistryHost) -> Result<Site> {
        self.endpoints.site(registry)
    }

    /// The first good answer, as `read` sees it, and whose it is: a mirror's, or else the registry's.
    pub(super) async fn fetch<T>(
        &self,
        site: &Site,
        ask: &Ask<'_>,
        caller: Caller<'_>,
        read: impl Fn(Answer) -> Result<T> + Send + Sync,
    ) -> Result<(T, AnsweredBy)> {
        if let Some(found) = self.fetch_from_mirrors(site, ask, caller, &read).await {
            return Ok((found, AnsweredBy::Mirror));
        }
        let found = read(self.successful(&site.origin, ask, caller).await?)?;
        Ok((found, AnsweredBy::Registry))
    }

    /// The first good answer of a mirror: whatever is wrong with one, the next is asked.
    pub(super) async fn fetch_from_mirrors<T>(
        &self,
        site: &Site,
        ask: &Ask<'_>,
        caller: Caller<'_>,
        read: impl Fn(Answer) -> Result<T> + Send + Sync,
    ) -> Option<T> {
        let anonymous = Caller { credential: None, ..caller };
        for mirror in site.mirrors.iter().filter(|mirror| !self.resting.contains_key(&mirror.base)) {
            match self.successful(mirror, ask, anonymous).await.and_then(&read) {
                Ok(found) => return Some(found),
                Err(why) => {
                    tracing::debug!(registry = %mirror.registry, mirror = %mirror.base, %why, "mirror does not serve");
                    if let Error::RegistryUnavailable { .. } = why.root() {
                        self.resting.insert(mirror.base.clone(), ());
                    }
                }
            }
        }
        None
    }

    /// One endpoint's answer if it is a success, its refusal otherwise.
    pub(super) async fn successful(
        &self,
        endpoint: &Endpoint,
        ask: &Ask<'_>,
        caller: Caller<'_>,
    ) -> Result<Answer> {
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
        self.delivery.check_budget(endpoint, ask, caller)?;
        let transport = &self.delivery.transport;
        let mut presented = self.auth.beforehand(transport, endpoint, ask, caller).await?;
        let mut answer = self.delivery.deliver(endpoint, ask, caller, &presented).await?;
        if let Some(challenge) = self.challenge(endpoint, ask, caller, &presented, &answer).await? {
            let better = self.auth.respond(transport, endpoint, ask, caller, &presented, challenge).await?;
            if let Some(better) = better {
                answer = self.delivery.deliver(endpoint, ask, caller, &better).await?;
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
        if direct.is_some() || matches!(ask.wanted, Wanted::Login) {
            return Ok(direct);
        }
        if !nothing {
            // A token that was kept may have run out, whatever the registry says of it.
            let kept = matches!(presented, Presented::Token { fresh: false, .. });
            return Ok(self.auth.remembered(endpoint).filter(|_| kept));
        }
        let ping =
            self.delivery.deliver(endpoint, &Ask::get(Wanted::Login), caller, &Presented::Nothing).await?;
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
}
