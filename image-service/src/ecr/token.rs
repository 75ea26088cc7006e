//! One password for registries, as AWS issues it: `base64(AWS:PASSWORD)`, and until when.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use aws_lc_rs::rand;
use aws_smithy_types::DateTime;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::SecretString;
use time::OffsetDateTime;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{calls::Calls, operation::Operation, place::Place};
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
    due: Instant,
    end: Instant,
}

/// What both services issue; taken out of the SDK's types at once, because those print themselves.
struct Issued {
    token: Option<Zeroizing<String>>,
    expires_at: Option<DateTime>,
    proxy_endpoint: Option<String>,
}

impl RegistryToken {
    pub(super) async fn ask_private(calls: &Calls, place: &Place, buffer: Duration) -> Result<Self> {
        let operation = Operation::GetAuthorizationToken;
        let issued = calls
            .ecr(operation, place, |ecr| async move {
                let answer = ecr.get_authorization_token().send().await?;
                let data = answer.authorization_data.unwrap_or_default().into_iter().next();
                Ok::<_, super::calls::SdkFailure<_>>(data.map(|data| Issued {
                    token: data.authorization_token.map(Zeroizing::new),
                    expires_at: data.expires_at,
                    proxy_endpoint: data.proxy_endpoint,
                }))
            })
            .await?;
        Self::read(operation, issued, buffer)
    }

    pub(super) async fn ask_public(calls: &Calls, buffer: Duration) -> Result<Self> {
        let operation = Operation::PublicGetAuthorizationToken;
        let issued = calls
            .public(operation, &Place::default(), |public| async move {
                let answer = public.get_authorization_token().send().await?;
                Ok::<_, super::calls::SdkFailure<_>>(answer.authorization_data.map(|data| Issued {
                    token: data.authorization_token.map(Zeroizing::new),
                    expires_at: data.expires_at,
                    proxy_endpoint: None,
                }))
            })
            .await?;
        Self::read(operation, issued, buffer)
    }

    fn read(operation: Operation, issued: Option<Issued>, buffer: Duration) -> Result<Self> {
        let wrong = |why: &str| EcrError::refused(EcrReason::AnswerInvalid, operation.name(), why);
        let issued = issued.ok_or_else(|| wrong("the answer has no token")).map_err(Box::new)?;
        let (username, password) = issued
            .token
            .as_deref()
            .and_then(|token| split(token))
            .ok_or_else(|| Box::new(wrong("the token is not base64 of USER:PASSWORD")))?;
        let expires_at = issued
            .expires_at
            .and_then(|time| OffsetDateTime::from_unix_timestamp(time.secs()).ok())
            .ok_or_else(|| Box::new(wrong("the token does not say until when it is good")))?;
        let told = Duration::try_from(expires_at - OffsetDateTime::now_utc()).unwrap_or_default();
        let life = told.clamp(LEAST_LIFE, MOST_LIFE);
        let now = Instant::now();
        Ok(Self {
            username,
            password,
            expires_at,
            proxy_endpoint: issued.proxy_endpoint,
            number: ISSUED.fetch_add(1, Ordering::Relaxed),
            due: now + until_due(life, buffer),
            end: now + life,
        })
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
