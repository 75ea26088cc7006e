//! Asks a token endpoint (distribution, "Token Authentication"): by POST with an identity token, by GET otherwise.
//!
//! Invariant: no redirect of a token endpoint is followed, and no refresh token is asked for.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use telemetry::{Counter, KeyValue};
use url::form_urlencoded;

use super::{
    ask::Ask,
    challenge::Bearer,
    echo::withhold_echo,
    endpoint::Endpoint,
    error,
    fetch::Caller,
    guard::{Purpose, Reach},
    realm,
    retry::{Throttle, Tries},
    token_answer::Token,
    transport::{Answer, Outgoing, Payload, Transport},
};
use crate::{error::Result, model::Credential};

const CAP: u64 = 128 * 1024;
const FORM: &str = "application/x-www-form-urlencoded";
const CLIENT_ID: &str = "image-service";

/// What a token is asked for with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant<'a> {
    pub(super) endpoint: &'a Endpoint,
    /// Whose scope it carries.
    pub(super) bearer: &'a Bearer,
    pub(super) ask: &'a Ask<'a>,
    pub(super) caller: Caller<'a>,
}

/// By outcome, `ok` or `failed`.
static REQUESTS: Counter = Counter::new("registry.token.requests", "{request}", "Tokens that were asked for");

/// Asks the realm.
pub(super) async fn fetch(transport: &Transport, grant: Grant<'_>) -> Result<Token> {
    let asked = ask(transport, grant).await;
    REQUESTS.add(1, &[KeyValue::new("outcome", if asked.is_ok() { "ok" } else { "failed" })]);
    asked
}

async fn ask(transport: &Transport, grant: Grant<'_>) -> Result<Token> {
    let Grant { endpoint, bearer, ask, caller } = grant;
    realm::check(endpoint, &bearer.realm).map_err(|why| error::target_refused(&endpoint.registry, why))?;
    if caller.credential.is_some() && !realm::may_have_secrets(endpoint, &bearer.realm) {
        return Err(error::secret_withheld(endpoint, &bearer.realm));
    }
    let reach = Reach::derived(endpoint, &bearer.realm, Purpose::Token, &*transport.network().lookup).await;
    let mut answer = None;
    if let Some(Credential::IdentityToken { token, .. }) = caller.credential {
        let posted = send(transport, grant, post(grant, reach, token)).await?;
        answer = Some(posted).filter(|answer| !is_post_unknown(answer.status));
    }
    let answer = match answer {
        Some(answer) => answer,
        None => send(transport, grant, get(grant, reach)).await?,
    };
    if !answer.status.is_success() {
        return Err(error::token_refusal(endpoint, ask, &answer, caller.credential.is_some()));
    }
    Token::read(&answer.body).map_err(|why| error::no_token(endpoint, why))
}

/// Token endpoints that only know GET answer a POST with one of these.
fn is_post_unknown(status: StatusCode) -> bool {
    matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::BAD_REQUEST)
}

fn get(grant: Grant<'_>, reach: Reach) -> Outgoing {
    let Grant { endpoint, bearer, caller, .. } = grant;
    let mut url = bearer.realm.clone();
    {
        let mut query = url.query_pairs_mut();
        if !bearer.service.is_empty() {
            query.append_pair("service", &bearer.service);
        }
        // Several scopes are one parameter each, in a form they are one list.
        for scope in bearer.scope.split_ascii_whitespace() {
            query.append_pair("scope", scope);
        }
        let account = caller.credential.map(Credential::username).unwrap_or_default();
        if !account.is_empty() {
            query.append_pair("account", account);
        }
    }
    let mut headers = HeaderMap::new();
    if let Some(basic) = caller.credential.and_then(basic) {
        headers.insert(header::AUTHORIZATION, basic);
    }
    let payload = Payload::Nothing;
    Outgoing {
        method: Method::GET,
        url,
        headers,
        payload,
        cap: CAP,
        streamed: false,
        trust: endpoint.trust,
        reach,
    }
}

fn post(grant: Grant<'_>, reach: Reach, identity: &SecretString) -> Outgoing {
    let Grant { endpoint, bearer, .. } = grant;
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "refresh_token").append_pair("client_id", CLIENT_ID);
    for (name, value) in [("service", &bearer.service), ("scope", &bearer.scope)] {
        if !value.is_empty() {
            form.append_pair(name, value);
        }
    }
    form.append_pair("refresh_token", identity.expose_secret());
    Outgoing {
        method: Method::POST,
        url: bearer.realm.clone(),
        headers: HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(FORM))]),
        payload: Payload::Bytes(form.finish().into()),
        cap: CAP,
        streamed: false,
        trust: endpoint.trust,
        reach,
    }
}

/// `Basic …`, marked as sensitive. An identity token stands in for the password where nothing else is understood.
pub(super) fn basic(credential: &Credential) -> Option<HeaderValue> {
    let (username, secret) = match credential {
        Credential::Password { username, password } => (username.as_str(), password),
        Credential::IdentityToken { username, token } if username.is_empty() => ("<token>", token),
        Credential::IdentityToken { username, token } => (username.as_str(), token),
        Credential::RegistryToken(_) => return None,
    };
    let text = STANDARD.encode(format!("{username}:{}", secret.expose_secret()));
    let mut value = HeaderValue::from_str(&format!("Basic {text}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

async fn send(transport: &Transport, grant: Grant<'_>, outgoing: Outgoing) -> Result<Answer> {
    let Grant { endpoint, ask, .. } = grant;
    let once = endpoint.mirror || outgoing.method == Method::POST;
    let mut tries = if once { Tries::one() } else { Tries::several() };
    let answer = loop {
        let outcome = transport.send(&outgoing).await;
        match tries.wait_after(&outcome) {
            Some(wait) => transport.network().timer.sleep(wait).await,
            None => break outcome.map_err(|failure| error::token_failure(endpoint, ask, failure, CAP))?,
        }
    };
    let answer = withhold_echo(answer, grant.caller, outgoing.headers.get(header::AUTHORIZATION));
    tracing::debug!(
        registry = %endpoint.registry,
        realm = outgoing.url.host_str(),
        scope = grant.bearer.scope,
        status = answer.status.as_u16(),
        "token endpoint answered"
    );
    if answer.status == StatusCode::TOO_MANY_REQUESTS {
        let (Throttle::Brief(wait) | Throttle::Quota(wait)) = Throttle::of(&answer);
        return Err(error::rate_limited(endpoint, &answer, wait));
    }
    Ok(answer)
}
