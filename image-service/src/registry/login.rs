//! Tries a credential as `docker login` does: at `/v2/`, answering its challenge, without asking for any repository.
//!
//! Invariant: nothing that was cached takes part in the answer.

use http::StatusCode;
use secrecy::ExposeSecret as _;

use super::{
    ask::{Ask, Wanted},
    auth::{Presented, given, seeded},
    challenge::Challenge,
    endpoint::Endpoint,
    error,
    fetch::{Caller, Fetcher},
    token_request::basic,
};
use crate::{error::Result, model::Credential};

const ASK: Ask<'static> = Ask::get(Wanted::Login);

/// An identity token, if the registry gave one; an error if the credential is no good.
pub(super) async fn check(
    fetcher: &Fetcher,
    endpoint: &Endpoint,
    caller: Caller<'_>,
) -> Result<Option<String>> {
    let challenge = match caller.credential {
        Some(Credential::RegistryToken(token)) => {
            return conclude(fetcher, endpoint, caller, given(token)?).await.map(|()| None);
        }
        _ => challenge(fetcher, endpoint, caller).await?,
    };
    match (challenge, caller.credential) {
        (None, _) => Ok(None),
        (Some(Challenge::Basic), Some(credential @ Credential::Password { username, .. }))
            if !username.is_empty() =>
        {
            let presented = basic(credential).map_or(Presented::Nothing, Presented::Basic);
            conclude(fetcher, endpoint, caller, presented).await.map(|()| None)
        }
        (Some(Challenge::Basic), _) => Err(error::credentials_required(endpoint, &ASK)),
        (Some(Challenge::Bearer(asked)), _) => {
            let token =
                fetcher.auth.ask_anew(&fetcher.delivery.transport, endpoint, &ASK, caller, asked).await?;
            let presented = Presented::Given(token.authorization);
            conclude(fetcher, endpoint, caller, presented).await?;
            Ok(token.identity.map(|identity| identity.expose_secret().to_owned()))
        }
    }
}

/// What the registry asks for now, whatever it asked for before; nothing if it lets everyone in.
async fn challenge(fetcher: &Fetcher, endpoint: &Endpoint, caller: Caller<'_>) -> Result<Option<Challenge>> {
    if let Some(known) = seeded(endpoint) {
        return Ok(Some(known));
    }
    let answer = fetcher.delivery.deliver(endpoint, &ASK, caller, &Presented::Nothing).await?;
    if answer.status.is_success() {
        return Ok(None);
    }
    let challenge = Challenge::read(&answer.headers).filter(|_| answer.status == StatusCode::UNAUTHORIZED);
    match challenge {
        Some(challenge) => {
            fetcher.auth.remember(endpoint, &challenge);
            Ok(Some(challenge))
        }
        None => Err(error::refusal(endpoint, &ASK, &answer, caller.credential.is_some())),
    }
}

async fn conclude(
    fetcher: &Fetcher,
    endpoint: &Endpoint,
    caller: Caller<'_>,
    presented: Presented,
) -> Result<()> {
    let answer = fetcher.delivery.deliver(endpoint, &ASK, caller, &presented).await?;
    match answer.status.is_success() {
        true => Ok(()),
        false => Err(error::refusal(endpoint, &ASK, &answer, caller.credential.is_some())),
    }
}
