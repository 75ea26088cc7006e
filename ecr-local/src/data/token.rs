//! `GET` and `POST /token`: tokens for those with a password (distribution, "Token Authentication" and "OAuth2 Token
//! Authentication").

use http::{HeaderValue, Method, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{DataPlane, answer, auth::SERVICE, errors::Error, query::Query};
use crate::auth::{Auth, Scope};
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

pub(super) async fn issue(
    plane: &DataPlane,
    head: &http::request::Parts,
    query: &Query,
    body: &mut RequestBody,
) -> Result<Answer, Error> {
    let auth = &plane.auth;
    if head.method == Method::GET {
        let authorization = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let user = auth.basic_user(authorization).ok_or_else(refused)?;
        return answer(auth, &user, query, query.first("offline_token") == Some("true"));
    }
    let form = body.read(LARGEST_FORM).await?.ok_or(Error::SizeInvalid)?;
    let form = Query::parse(&form);
    let user = user_of(auth, &form).ok_or_else(refused)?;
    answer(auth, &user, &form, form.first("access_type") == Some("offline"))
}

fn refused() -> Error {
    Error::Unauthorized(format!("Basic realm=\"{SERVICE}\""))
}

fn user_of(auth: &Auth, form: &Query) -> Option<String> {
    if form.first("grant_type") == Some("refresh_token") {
        return auth.refresh_user(form.first("refresh_token")?);
    }
    let (user, password) = (form.first("username")?, SecretString::from(form.first("password")?));
    auth.users.let_in(&auth.signer, user, &password).then(|| user.to_owned())
}

/// Users may do everything, so the token is for whatever was asked for.
fn answer(auth: &Auth, user: &str, asked: &Query, wants_refresh: bool) -> Result<Answer, Error> {
    let token = auth.access_token(user, Scope::parse_all(asked.all("scope")));
    let refresh = wants_refresh.then(|| auth.refresh_token(user));
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
