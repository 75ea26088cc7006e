//! What to present to a registry: what its last challenge asked for, before it asks again.

use std::{sync::Arc, time::Duration};

use http::HeaderValue;
use moka::sync::Cache;
use secrecy::SecretString;
use url::Url;

use super::{
    ask::Ask,
    challenge::{Bearer, Challenge},
    endpoint::Endpoint,
    error,
    fetch::Caller,
    token::Tokens,
    token_answer::{Token, bearer},
    token_request::{Grant, basic, fetch},
    transport::Transport,
};
use crate::{
    error::{Error, Result},
    model::Credential,
};

const DOCKER_HUB_REALM: &str = "https://auth.docker.io/token";
const DOCKER_HUB_SERVICE: &str = "registry.docker.io";
/// Registries change how they authenticate about never; a wrong memory costs one request.
const MEMORY: Duration = Duration::from_secs(12 * 3600);
const MAX_KEPT: u64 = 2_000;

/// What went with a request.
#[derive(Clone, Debug)]
pub(super) enum Presented {
    Nothing,
    Basic(HeaderValue),
    /// A token that the caller brought.
    Given(HeaderValue),
    /// A token that the realm gave for this scope.
    Token {
        bearer: Bearer,
        token: Arc<Token>,
        fresh: bool,
    },
}

impl Presented {
    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        match self {
            Self::Nothing => None,
            Self::Basic(value) | Self::Given(value) => Some(value),
            Self::Token { token, .. } => Some(&token.authorization),
        }
    }
}

/// Remembers challenges and keeps tokens.
#[derive(Debug)]
pub(super) struct Authorizer {
    /// By endpoint; without scopes.
    challenges: Cache<Url, Challenge>,
    tokens: Tokens,
}

impl Default for Authorizer {
    fn default() -> Self {
        let challenges = Cache::builder().max_capacity(MAX_KEPT).time_to_live(MEMORY).build();
        Self { challenges, tokens: Tokens::default() }
    }
}

impl Authorizer {
    /// What to present without having been challenged.
    pub(super) async fn beforehand(
        &self,
        transport: &Transport,
        endpoint: &Endpoint,
        ask: &Ask<'_>,
        caller: Caller<'_>,
    ) -> Result<Presented> {
        if let Some(Credential::RegistryToken(token)) = caller.credential {
            return given(token);
        }
        match self.remembered(endpoint) {
            Some(Challenge::Bearer(remembered)) => {
                let bearer = Bearer { scope: ask.scope(), ..remembered };
                let grant = Grant { endpoint, bearer: &bearer, ask, caller };
                let token = self.token(transport, grant).await;
                if token.as_ref().is_err_and(is_no_verdict) {
                    // It may be the memory that is wrong; the next caller learns it anew.
                    self.challenges.invalidate(&endpoint.base);
                }
                token
            }
            Some(Challenge::Basic) => Ok(by_password(caller).unwrap_or(Presented::Nothing)),
            None => Ok(Presented::Nothing),
        }
    }

    /// What to present once `challenge` has refused `refused`; nothing if there is nothing better.
    pub(super) async fn respond(
        &self,
        transport: &Transport,
        endpoint: &Endpoint,
        ask: &Ask<'_>,
        caller: Caller<'_>,
        refused: &Presented,
        challenge: Challenge,
    ) -> Result<Option<Presented>> {
        self.remember(endpoint, &challenge);
        match (challenge, refused) {
            (_, Presented::Given(_)) | (Challenge::Basic, Presented::Basic(_)) => Ok(None),
            (Challenge::Basic, _) => match by_password(caller) {
                Some(presented) => Ok(Some(presented)),
                None => Err(error::credentials_required(endpoint, ask)),
            },
            (Challenge::Bearer(asked), refused) => {
                let scope = if asked.scope.is_empty() { ask.scope() } else { asked.scope.clone() };
                let bearer = Bearer { scope, error: String::new(), ..asked };
                let grant = Grant { endpoint, bearer: &bearer, ask, caller };
                if let Presented::Token { bearer: used, token, fresh } = refused {
                    if *fresh && *used == bearer {
                        return Ok(None);
                    }
                    let used = Grant { bearer: used, ..grant };
                    self.tokens.drop_refused(used, token).await;
                }
                self.token(transport, grant).await.map(Some)
            }
        }
    }

    /// A token asked for now, whatever is kept: for a login.
    pub(super) async fn ask_anew(
        &self,
        transport: &Transport,
        endpoint: &Endpoint,
        ask: &Ask<'_>,
        caller: Caller<'_>,
        challenge: Bearer,
    ) -> Result<Token> {
        let bearer = Bearer { scope: String::new(), error: String::new(), ..challenge };
        fetch(transport, Grant { endpoint, bearer: &bearer, ask, caller }).await
    }

    /// What an endpoint asked for last.
    pub(super) fn remembered(&self, endpoint: &Endpoint) -> Option<Challenge> {
        self.challenges.get(&endpoint.base).or_else(|| seeded(endpoint))
    }

    /// Keeps what an endpoint asks for, but not for what.
    pub(super) fn remember(&self, endpoint: &Endpoint, challenge: &Challenge) {
        let general = match challenge.clone() {
            Challenge::Bearer(bearer) => {
                Challenge::Bearer(Bearer { scope: String::new(), error: String::new(), ..bearer })
            }
            Challenge::Basic => Challenge::Basic,
        };
        self.challenges.insert(endpoint.base.clone(), general);
    }

    async fn token(&self, transport: &Transport, grant: Grant<'_>) -> Result<Presented> {
        let (token, fresh) = self.tokens.get(transport, grant).await?;
        Ok(Presented::Token { bearer: grant.bearer.clone(), token, fresh })
    }
}

/// Whether a token endpoint failed without having judged the caller.
fn is_no_verdict(why: &Error) -> bool {
    matches!(
        why.root(),
        Error::RegistryUnavailable { .. } | Error::RegistryProtocol { .. } | Error::TargetRefused { .. }
    )
}

/// A token that the caller brought; never anonymity instead of one that cannot be sent.
pub(super) fn given(token: &SecretString) -> Result<Presented> {
    let value = bearer(token)
        .ok_or_else(|| Error::Argument("the registry token has characters that no header can have".into()))?;
    Ok(Presented::Given(value))
}

/// Basic takes a password and nothing else: an identity token is for token endpoints alone.
fn by_password(caller: Caller<'_>) -> Option<Presented> {
    let password =
        caller.credential.filter(|credential| matches!(credential, Credential::Password { .. }))?;
    basic(password).map(Presented::Basic)
}

/// Docker Hub's challenge is known beforehand.
pub(super) fn seeded(endpoint: &Endpoint) -> Option<Challenge> {
    let realm = endpoint.is_docker_hub.then(|| Url::parse(DOCKER_HUB_REALM).ok()).flatten()?;
    let service = DOCKER_HUB_SERVICE.to_owned();
    Some(Challenge::Bearer(Bearer { realm, service, scope: String::new(), error: String::new() }))
}
