//! Who may ask for what, and how a client learns how to identify itself (RFC 9110, section 11; distribution, "Token Authentication
//! Specification").

use http::{Method, header, request::Parts, uri::Authority};

use super::{
    DataPlane,
    errors::Error,
    place::Place,
    query::Query,
    router::{Endpoint, Within},
};
use crate::{
    auth::{Action, Auth, Caller, Challenge, names_nobody},
    model::{PUBLIC_HOST, RegistryId},
    quirks::Quirk,
};

/// The name that tokens are for.
pub(super) const SERVICE: &str = "ecr-local";

/// The parameter of an address that opens a blob by itself.
pub(crate) const DOWNLOAD: &str = "download";

/// Lets a client in, or challenges it.
pub(super) fn let_in(
    plane: &DataPlane,
    head: &Parts,
    query: &Query,
    endpoint: &Endpoint<'_>,
    place: &Place,
) -> Result<Caller, Error> {
    let auth = &*plane.auth;
    let authorization = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let (&Method::GET | &Method::HEAD, Endpoint::In(name, Within::Blob(digest))) = (&head.method, endpoint)
        && let Some(caller) = query.first(DOWNLOAD).and_then(|token| auth.downloader(token, digest))
        && caller.may(Action::Pull, Some(name.as_str()))
    {
        return Ok(caller);
    }
    if plane.quirks.has(Quirk::ExpiredTokenDenied) && auth.is_expired(authorization) {
        return Err(Error::Expired);
    }
    let needed = needed(&head.method, endpoint);
    let anyone = || (names_nobody(authorization) && place.takes_anyone()).then(Caller::anyone);
    match auth.caller(authorization).or_else(anyone) {
        Some(caller) if needed.is_none_or(|(action, name)| place.lets(&caller, action, name)) => Ok(caller),
        _ if place.is_at_public_host() => Err(Error::Unauthorized(public_challenge(head))),
        _ if plane.quirks.has(Quirk::EcrChallenge) => Err(Error::Unauthorized(ecr_challenge(head))),
        denied => Err(Error::Unauthorized(challenge(auth, head, query, needed, denied.is_some()))),
    }
}

/// Whether a request only reads from a repository.
pub(super) fn pulls(method: &Method, endpoint: &Endpoint<'_>) -> bool {
    matches!(needed(method, endpoint), Some((Action::Pull, _)))
}

/// What a request does, and to which repository. Nothing for the base, which anyone who was let in may ask for.
fn needed<'e>(method: &Method, endpoint: &'e Endpoint<'_>) -> Option<(Action, Option<&'e str>)> {
    match endpoint {
        Endpoint::Base | Endpoint::Token => None,
        Endpoint::Catalog => Some((Action::List, None)),
        Endpoint::In(name, within) => {
            let action = match (method, within) {
                (_, Within::Uploads | Within::Upload(_)) | (&Method::PUT, _) => Action::Push,
                (&Method::DELETE, _) => Action::Delete,
                _ => Action::Pull,
            };
            Some((action, Some(name.as_str())))
        }
    }
}

/// What the host of public registries says, whatever is asked for.
fn public_challenge(head: &Parts) -> String {
    let host = host(head).map_or_else(|| PUBLIC_HOST.to_owned(), |host| host.to_string());
    format!("Bearer realm=\"http://{host}/token/\",service=\"{PUBLIC_HOST}\",scope=\"aws\"")
}

fn challenge(
    auth: &Auth,
    head: &Parts,
    query: &Query,
    needed: Option<(Action, Option<&str>)>,
    is_known: bool,
) -> String {
    let basic = || format!("Basic realm=\"{SERVICE}\"");
    let (Challenge::Bearer, Some(host)) = (auth.challenge, host(head)) else { return basic() };
    let mut challenge = format!("Bearer realm=\"http://{host}/token\",service=\"{SERVICE}\"");
    if let Some((action, name)) = needed {
        let mounted = query.first("from").filter(|_| query.first("mount").is_some());
        let mounted = mounted.filter(|name| name.parse::<crate::model::RepositoryName>().is_ok());
        let mounted = mounted.map(|name| format!(" {}", Action::Pull.scope(Some(name))));
        let scope = action.scope(name);
        challenge += &format!(",scope=\"{scope}{}\"", mounted.unwrap_or_default());
    }
    if is_known {
        challenge += ",error=\"insufficient_scope\"";
    }
    challenge
}

/// As ECR has it: the registry's own name is the realm.
fn ecr_challenge(head: &Parts) -> String {
    let registry = head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let RegistryId { account, region } = RegistryId::of_host(registry).unwrap_or_default();
    format!("Basic realm=\"https://{account}.dkr.ecr.{region}.amazonaws.com/\",service=\"ecr.amazonaws.com\"")
}

/// The host that the client used, if it can be written into a challenge.
fn host(head: &Parts) -> Option<Authority> {
    let text = head.headers.get(header::HOST)?.to_str().ok()?;
    text.parse().ok().filter(|_| !text.contains(['"', '\\', '@']))
}
