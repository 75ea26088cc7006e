//! How an upstream registry lets us in: by a password, or by a token that its server of tokens gives for one.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{Credentials, Upstream, challenge::Challenge, judge, reach::Reach, read, unavailable};
use crate::pull_through::UpstreamError;

const LARGEST_TOKEN: usize = 128 * 1024;

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<SecretString>,
    access_token: Option<SecretString>,
}

impl Upstream {
    /// What it wants to see, after it has refused a request.
    pub(super) async fn authorize(&self, headers: &HeaderMap) -> Result<HeaderValue, UpstreamError> {
        match (Challenge::read(headers), &self.credentials) {
            (Some(Challenge::Basic), Some(credentials)) => basic(credentials),
            (Some(Challenge::Bearer(realm)), _) => {
                let token = self.token(realm).await?;
                secret(format!("Bearer {}", token.expose_secret()))
            }
            (Some(Challenge::Basic) | None, _) => Err(UpstreamError::AccessDenied),
        }
    }

    /// Whoever else the registry names as the server of its tokens is not told who we are.
    async fn token(&self, realm: Url) -> Result<SecretString, UpstreamError> {
        let is_trusted = self.may_have_secrets(&realm);
        let url = self.endpoints.resolve(realm);
        if !self.reach.admits(&url) || self.credentials.is_some() && !is_trusted {
            tracing::warn!(upstream = %self.host, "the server of tokens is none that may have the credentials");
            return Err(UpstreamError::AccessDenied);
        }
        let mut request = self.client.get(url);
        if let Some(credentials) = &self.credentials {
            request = request.header(header::AUTHORIZATION, basic(credentials)?);
        }
        let answer = request.send().await.map_err(|error| unavailable(&error.without_url().to_string()))?;
        let document = read(judge(answer)?, LARGEST_TOKEN).await?;
        let answer: TokenAnswer =
            serde_json::from_slice(&document).map_err(|_| unavailable("a token is no JSON"))?;
        answer.token.or(answer.access_token).ok_or_else(|| unavailable("there is no token in the answer"))
    }

    fn may_have_secrets(&self, realm: &Url) -> bool {
        let host = realm.host_str();
        let is_known = host == Some(self.host.as_str()) || (host.is_some() && host == self.token_host);
        realm.origin() == self.base.origin()
            || is_known && (realm.scheme() == "https" || self.reach == Reach::Anywhere)
    }
}

fn basic(credentials: &Credentials) -> Result<HeaderValue, UpstreamError> {
    let pair = format!("{}:{}", credentials.username, credentials.access_token.expose_secret());
    secret(format!("Basic {}", BASE64_STANDARD.encode(pair)))
}

fn secret(text: String) -> Result<HeaderValue, UpstreamError> {
    let mut value = HeaderValue::try_from(text).map_err(|_| unavailable("a token that is no header"))?;
    value.set_sensitive(true);
    Ok(value)
}
