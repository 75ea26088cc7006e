//! `ecr.v1.AuthService`: passwords for registries.
//!
//! Invariant: a secret leaves here in the answer that was asked for it, and nowhere else.

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use imageservice_proto::ecr::v1;
use prost_types::Timestamp;
use secrecy::ExposeSecret;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{
    place::Place,
    request::{place, refused},
    token::RegistryToken,
    tokens::Tokens,
};
use crate::{
    error::{EcrReason, Result},
    model::AccountId,
    ports::EcrAuth,
};

/// Passwords for private registries.
#[derive(Clone, Debug)]
pub(super) struct Auth {
    pub(super) tokens: Tokens,
}

#[async_trait]
impl EcrAuth for Auth {
    async fn get_authorization_token(
        &self,
        request: v1::GetAuthorizationTokenRequest,
    ) -> Result<v1::AuthorizationData> {
        let place = place(request.registry)?;
        let token = self.tokens.private(&place).await?;
        Ok(authorization(&token, endpoint(&token, &place)))
    }

    async fn get_login_command(&self, request: v1::GetLoginCommandRequest) -> Result<v1::LoginCommand> {
        let place = place(request.registry)?;
        let token = self.tokens.private(&place).await?;
        login_command(&token, endpoint(&token, &place))
    }

    async fn refresh_token(&self, request: v1::RefreshTokenRequest) -> Result<v1::AuthorizationData> {
        let place = place(request.registry)?;
        let token = self.tokens.renew_private(&place).await?;
        Ok(authorization(&token, endpoint(&token, &place)))
    }
}

/// As AWS writes it.
pub(super) fn authorization(token: &RegistryToken, proxy_endpoint: String) -> v1::AuthorizationData {
    let pair = Zeroizing::new(format!("{}:{}", token.username, token.password.expose_secret()));
    v1::AuthorizationData {
        authorization_token: BASE64_STANDARD.encode(&*pair),
        expires_at: Some(timestamp(token.expires_at)),
        proxy_endpoint,
    }
}

/// Where the password is good: AWS says it of the caller's own registry, and one of another account differs in the account only.
fn endpoint(token: &RegistryToken, place: &Place) -> String {
    let own = token.proxy_endpoint.clone().unwrap_or_default();
    match (own.strip_prefix("https://").and_then(|host| host.split_once(".dkr")), &place.registry_id) {
        (Some((account, rest)), Some(wanted)) if account.parse::<AccountId>().is_ok() => {
            format!("https://{wanted}.dkr{rest}")
        }
        _ => own,
    }
}

/// How docker logs in without showing the password to other processes.
fn login_command(token: &RegistryToken, endpoint: String) -> Result<v1::LoginCommand> {
    // The command will be given to a shell.
    let harmless = |c: char| c.is_ascii_alphanumeric() || ".:/-_[]".contains(c);
    if endpoint.is_empty() || !endpoint.chars().all(harmless) {
        let message = "the endpoint of the token is no URL";
        return Err(refused(EcrReason::AnswerInvalid, "GetAuthorizationToken", message));
    }
    let expires_at = Some(timestamp(token.expires_at));
    Ok(v1::LoginCommand {
        command: format!("docker login --username AWS --password-stdin {endpoint}"),
        expires_at,
        credentials: Some(v1::DockerCredentials {
            username: token.username.clone(),
            password: token.password.expose_secret().to_owned(),
            registry: endpoint,
            expires_at,
        }),
    })
}

fn timestamp(time: OffsetDateTime) -> Timestamp {
    // A time has fewer than 10^9 nanoseconds.
    Timestamp { seconds: time.unix_timestamp(), nanos: i32::try_from(time.nanosecond()).unwrap_or_default() }
}
