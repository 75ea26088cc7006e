//! `GET` and `POST /token`: tokens for those with a password (distribution, "Token Authentication" and "OAuth2 Token
//! Authentication"), and for everyone where only what is public is asked for.

use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{DataPlane, answer, auth::SERVICE, errors::Error, place::host, query::Query};
use crate::auth::{Auth, Scope, names_nobody};
use crate::model::{Address, PUBLIC_HOST, RegistryId, is_public_host};
use crate::wire::{Answer, RequestBody};

/// A form holds a few names and a token.
const LARGEST_FORM: usize = 64 * 1024;

#[derive(Serialize)]
struct Issued<'t> {
    token: &'t str,
    /// The same under OAuth2's name.
    access_token: &'t str,
    expires_in: u64,
    issued_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'t str>,
}

/// Who is to have a token.
enum Holder {
    User(String),
    /// Anyone, or the owner of a public registry.
    Public(Option<RegistryId>),
}

pub(super) async fn issue(
    plane: &DataPlane,
    head: &Parts,
    query: &Query,
    body: &mut RequestBody,
) -> Result<Answer, Error> {
    let auth = &plane.auth;
    if head.method == Method::GET {
        let authorization = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let holder = of_header(auth, authorization);
        let anyone =
            || (names_nobody(authorization) && is_public(head, query)).then_some(Holder::Public(None));
        let holder = holder.or_else(anyone).ok_or_else(refused)?;
        return answer(auth, holder, query, query.first("offline_token") == Some("true"));
    }
    let form = body.read(LARGEST_FORM).await?.ok_or(Error::SizeInvalid)?;
    let form = Query::parse(&form);
    let holder = of_form(auth, &form).ok_or_else(refused)?;
    answer(auth, holder, &form, form.first("access_type") == Some("offline"))
}

fn refused() -> Error {
    Error::Unauthorized(format!("Basic realm=\"{SERVICE}\""))
}

fn of_header(auth: &Auth, authorization: Option<&str>) -> Option<Holder> {
    let user = auth.basic_user(authorization).map(Holder::User);
    user.or_else(|| auth.password_registry(authorization).and_then(Holder::owner))
}

fn of_form(auth: &Auth, form: &Query) -> Option<Holder> {
    if form.first("grant_type") == Some("refresh_token") {
        return auth.refresh_user(form.first("refresh_token")?).map(Holder::User);
    }
    let (user, password) = (form.first("username")?, SecretString::from(form.first("password")?));
    if auth.users.let_in(&auth.signer, user, &password) {
        return Some(Holder::User(user.to_owned()));
    }
    auth.registry_of_password(user, password.expose_secret()).and_then(Holder::owner)
}

/// Whether only what is public is asked for: at the host that has nothing else, or by the names of repositories.
fn is_public(head: &Parts, query: &Query) -> bool {
    let host = host(head);
    let takes = |name: &str| matches!(Address::of(host, name), Address::Public { .. });
    let scopes = Scope::parse_all(query.all("scope"));
    let are_public = !scopes.is_empty() && scopes.iter().all(|scope| scope.is_pull_of(takes));
    is_public_host(host) || query.first("service") == Some(PUBLIC_HOST) || are_public
}

impl Holder {
    /// Passwords for private registries get no tokens: they are good enough as they are.
    fn owner(registry: RegistryId) -> Option<Self> {
        registry.is_public().then_some(Self::Public(Some(registry)))
    }
}

/// Users may do everything, so their token is for whatever was asked for.
fn answer(auth: &Auth, holder: Holder, asked: &Query, wants_refresh: bool) -> Result<Answer, Error> {
    let (token, refresh) = match holder {
        Holder::User(user) => (
            auth.access_token(&user, Scope::parse_all(asked.all("scope"))),
            wants_refresh.then(|| auth.refresh_token(&user)),
        ),
        Holder::Public(registry) => (auth.public_token(registry), None),
    };
    let issued = Issued {
        token: token.expose_secret(),
        access_token: token.expose_secret(),
        expires_in: auth.token_lifetime.as_secs(),
        issued_at: OffsetDateTime::now_utc().format(&Rfc3339).map_err(Error::internal)?,
        refresh_token: refresh.as_ref().map(ExposeSecret::expose_secret),
    };
    let mut answer = answer::json(StatusCode::OK, &issued)?;
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}
