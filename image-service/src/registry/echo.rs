//! Keeps secrets that come back from where they were sent out of what is read, and so out of errors and logs.

use bytes::Bytes;
use http::HeaderValue;
use secrecy::ExposeSecret as _;
use url::form_urlencoded;

use super::{fetch::Caller, transport::Answer};
use crate::model::Credential;

/// What is shorter is found in any text.
const SHORTEST_SECRET: usize = 5;

/// A refusal that repeats the caller's secret, or what was sent to authorise; nothing of it is read.
pub(super) fn withhold_echo(answer: Answer, caller: Caller<'_>, sent: Option<&HeaderValue>) -> Answer {
    let secret = match caller.credential {
        Some(
            Credential::Password { password: secret, .. } | Credential::IdentityToken { token: secret, .. },
        )
        | Some(Credential::RegistryToken(secret)) => secret.expose_secret(),
        None => "",
    };
    let in_form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let sent = sent.map(HeaderValue::as_bytes).unwrap_or_default();
    let sent = sent.splitn(2, |b| *b == b' ').last().unwrap_or_default();
    let repeats = [secret.as_bytes(), in_form.as_bytes(), sent].into_iter().any(|secret| {
        secret.len() >= SHORTEST_SECRET && answer.body.windows(secret.len()).any(|window| window == secret)
    });
    if answer.status.is_success() || !repeats { answer } else { Answer { body: Bytes::new(), ..answer } }
}
