//! What a token endpoint answers (distribution, "Token Authentication").

use std::{fmt, time::Duration};

use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

/// What a token lives if nobody says so, and what it lives at least.
const SHORTEST: u64 = 60;
const LONGEST: u64 = 24 * 3600;
/// A token is not used to its very end: it may run out on the way.
const MARGIN: u64 = 30;

/// A token for a registry. `Debug` shows no secret.
pub(super) struct Token {
    /// `Bearer …`, marked as sensitive.
    pub(super) authorization: HeaderValue,
    /// How long to use it, from now.
    pub(super) lifetime: Duration,
    /// A refresh token, if the endpoint gave one.
    pub(super) identity: Option<SecretString>,
}

impl Token {
    /// Reads an answer; the error says in a clause what is wrong with it.
    pub(super) fn read(body: &[u8]) -> Result<Self, &'static str> {
        let answer: Value = serde_json::from_slice(body).map_err(|_| ": it is not JSON")?;
        let text = |name| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let token = text("token").or_else(|| text("access_token")).ok_or("")?;
        let authorization = bearer(&token.into()).ok_or(": it cannot stand in a header")?;
        Ok(Self {
            authorization,
            lifetime: lifetime(answer.get("expires_in")),
            identity: text("refresh_token").map(SecretString::from),
        })
    }
}

/// `Bearer …`, marked as sensitive; nothing if it cannot stand in a header.
pub(super) fn bearer(token: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Counted from receipt, as clocks differ; less a margin.
fn lifetime(expires_in: Option<&Value>) -> Duration {
    let told = match expires_in {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let seconds = told.map_or(SHORTEST, |seconds: f64| seconds as u64).clamp(SHORTEST, LONGEST);
    Duration::from_secs(seconds - MARGIN.min(seconds / 10))
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_name_of_the_token_will_do() {
        for body in [
            r#"{"token":"a"}"#,
            r#"{"access_token":"a"}"#,
            r#"{"token":"a","access_token":"a"}"#,
            r#"{"token":"","access_token":"a"}"#,
            r#"{"token":null,"access_token":"a","issued_at":"2999-01-01T00:00:00Z"}"#,
        ] {
            assert_eq!(Token::read(body.as_bytes()).unwrap().authorization, "Bearer a", "{body}");
        }
    }

    #[test]
    fn a_token_lives_a_minute_at_least_and_less_than_it_is_said_to() {
        for (told, seconds) in [
            ("", 54),
            (r#","expires_in":0"#, 54),
            (r#","expires_in":10"#, 54),
            (r#","expires_in":-5"#, 54),
            (r#","expires_in":null"#, 54),
            (r#","expires_in":"300""#, 270),
            (r#","expires_in":300"#, 270),
            (r#","expires_in":300.9"#, 270),
            (r#","expires_in":3600"#, 3570),
            (r#","expires_in":1e300"#, 86370),
        ] {
            let token = Token::read(format!(r#"{{"token":"a"{told}}}"#).as_bytes()).unwrap();
            assert_eq!(token.lifetime.as_secs(), seconds, "{told}");
        }
    }

    #[test]
    fn an_answer_without_a_usable_token_says_why() {
        for (body, why) in [
            ("{}", ""),
            ("<html>", ": it is not JSON"),
            (r#"{"token":"a\nb"}"#, ": it cannot stand in a header"),
        ] {
            assert_eq!(Token::read(body.as_bytes()).unwrap_err(), why, "{body}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let token = Token::read(br#"{"token":"s3cret","refresh_token":"s3cret"}"#).unwrap();
        assert!(!format!("{token:?} {:?}", token.authorization).contains("s3cret"));
    }

    proptest::proptest! {
        #[test]
        fn no_answer_can_hurt(body in r#"\{"token":"a","expires_in":[-0-9.e"]{0,12}\}"#) {
            let _ = Token::read(body.as_bytes());
        }
    }
}
