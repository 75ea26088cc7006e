//! One password for registries, as AWS issues it: `base64(AWS:PASSWORD)`, and until when.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use aws_lc_rs::rand;
use aws_smithy_types::DateTime;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::SecretString;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{
    calls::{Calls, SdkFailure},
    operation::Operation,
    place::Place,
};
use crate::error::{EcrError, EcrReason, Result};

/// Tokens have kilobytes.
const MOST_BYTES: usize = 64 * 1024;
/// A clock that is wrong here must not make every call ask for another password.
const LEAST_LIFE: Duration = Duration::from_secs(60);
const MOST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

static ISSUED: AtomicU64 = AtomicU64::new(0);

/// A user and a password, and until when they are good. `Debug` shows neither.
pub struct RegistryToken {
    /// `AWS`
    pub username: String,
    /// What goes with it.
    pub password: SecretString,
    /// As AWS says it.
    pub expires_at: OffsetDateTime,
    /// The caller's own registry, as AWS says it; the public registry has none.
    pub proxy_endpoint: Option<String>,
    pub(super) number: u64,
    issued: Instant,
    due: Instant,
    end: Instant,
}

/// What both services issue; taken out of the SDK's types at once, because those print themselves.
pub(super) struct Issued {
    operation: Operation,
    token: Option<Zeroizing<String>>,
    expires_at: Option<DateTime>,
    proxy_endpoint: Option<String>,
}

impl Issued {
    /// By ECR: one for all registries that the caller may use.
    pub(super) async fn private(calls: &Calls, place: &Place) -> Result<Self> {
        let operation = Operation::GetAuthorizationToken;
        let ask = |ecr: aws_sdk_ecr::Client| async move {
            let answer = ecr.get_authorization_token().send().await?;
            let data = answer.authorization_data.unwrap_or_default().into_iter().next();
            let (token, expires_at, proxy_endpoint) = data
                .map(|data| (data.authorization_token, data.expires_at, data.proxy_endpoint))
                .unwrap_or_default();
            Ok::<_, SdkFailure<_>>(Self {
                operation,
                token: token.map(Zeroizing::new),
                expires_at,
                proxy_endpoint,
            })
        };
        calls.ecr(operation, place, ask).await
    }

    /// By ECR Public.
    pub(super) async fn public(calls: &Calls) -> Result<Self> {
        let operation = Operation::PublicGetAuthorizationToken;
        let ask = |public: aws_sdk_ecrpublic::Client| async move {
            let answer = public.get_authorization_token().send().await?;
            let data = answer.authorization_data.map(|data| (data.authorization_token, data.expires_at));
            let (token, expires_at) = data.unwrap_or_default();
            let token = token.map(Zeroizing::new);
            Ok::<_, SdkFailure<_>>(Self { operation, token, expires_at, proxy_endpoint: None })
        };
        calls.public(operation, &Place::default(), ask).await
    }

    /// What was issued, if it can be used. `buffer`: how long before its end it is to be replaced.
    pub(super) fn read(self, buffer: Duration, now: Instant) -> Result<RegistryToken> {
        let wrong =
            |why: &str| Box::new(EcrError::refused(EcrReason::AnswerInvalid, self.operation.name(), why));
        let (username, password) = self
            .token
            .as_deref()
            .and_then(|token| split(token))
            .ok_or_else(|| wrong("the answer has no token that is base64 of USER:PASSWORD"))?;
        let expires_at = self
            .expires_at
            .and_then(|time| OffsetDateTime::from_unix_timestamp(time.secs()).ok())
            .ok_or_else(|| wrong("the token does not say until when it is good"))?;
        let told = Duration::try_from(expires_at - OffsetDateTime::now_utc()).unwrap_or_default();
        let life = told.clamp(LEAST_LIFE, MOST_LIFE);
        Ok(RegistryToken {
            username,
            password,
            expires_at,
            proxy_endpoint: self.proxy_endpoint,
            number: ISSUED.fetch_add(1, Ordering::Relaxed),
            issued: now,
            due: now + until_due(life, buffer),
            end: now + life,
        })
    }
}

impl RegistryToken {
    /// How long ago it was issued.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.issued)
    }

    /// Whether it is time to replace it.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        now >= self.due
    }

    /// Whether its registry takes it, as far as one can tell.
    pub(super) fn is_good(&self, now: Instant) -> bool {
        now < self.end
    }
}

impl fmt::Debug for RegistryToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The margin, and up to a quarter of it more, so that a fleet does not ask in one moment; of a short life half.
fn until_due(life: Duration, buffer: Duration) -> Duration {
    let mut bytes = [0; 2];
    // Without randomness there is no jitter; nothing else depends on it.
    let drawn = rand::fill(&mut bytes).map_or(0, |()| u16::from_le_bytes(bytes));
    let jitter = buffer / 4 * u32::from(drawn) / u32::from(u16::MAX);
    life.saturating_sub(buffer + jitter).max(life / 2)
}

/// The password may have colons, the user has none.
fn split(token: &str) -> Option<(String, SecretString)> {
    if token.len() > MOST_BYTES {
        return None;
    }
    let text = Zeroizing::new(String::from_utf8(BASE64_STANDARD.decode(token).ok()?).ok()?);
    let (username, password) = text.split_once(':')?;
    let plain = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    (plain(username) && plain(password)).then(|| (username.to_owned(), password.into()))
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
