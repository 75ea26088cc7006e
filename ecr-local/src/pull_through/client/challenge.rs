//! How an upstream registry wants to be asked (RFC 9110, section 11.6.1; distribution, "Token Authentication Specification").

use http::{HeaderMap, header};
use http_auth::parser::ChallengeParser;
use url::Url;

/// What is read of each header line, and how many lines.
const MAX_LINE: usize = 8 * 1024;
const MAX_LINES: usize = 16;

/// A challenge that can be answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Challenge {
    /// Send user and password.
    Basic,
    /// Ask there for a token.
    Bearer(Url),
}

impl Challenge {
    /// The best one: a token, whose address is complete, else a password. Nothing if there is neither.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(header::WWW_AUTHENTICATE).iter().take(MAX_LINES);
        let lines = lines.filter_map(|line| line.to_str().ok()).filter(|line| line.len() <= MAX_LINE);
        let all: Vec<_> = lines.flat_map(of_line).collect();
        all.iter().find(|one| matches!(one, Self::Bearer(_))).or(all.first()).cloned()
    }
}

fn of_line(line: &str) -> Vec<Challenge> {
    let parsed: Vec<_> = ChallengeParser::new(line).map_while(Result::ok).collect();
    let read = |one: &http_auth::ChallengeRef<'_>| match one.scheme {
        scheme if scheme.eq_ignore_ascii_case("basic") => Some(Challenge::Basic),
        scheme if scheme.eq_ignore_ascii_case("bearer") => bearer(one).map(Challenge::Bearer),
        _ => None,
    };
    parsed.iter().filter_map(read).collect()
}

fn bearer(challenge: &http_auth::ChallengeRef<'_>) -> Option<Url> {
    let param = |name: &str| {
        let found = challenge.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_unescaped()).filter(|value| !value.is_empty())
    };
    let mut realm = Url::parse(&param("realm")?).ok()?;
    for name in ["service", "scope"] {
        if let Some(value) = param(name) {
            realm.query_pairs_mut().append_pair(name, &value);
        }
    }
    Some(realm)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(line: &'static str) -> Option<Challenge> {
        Challenge::read(&HeaderMap::from_iter([(header::WWW_AUTHENTICATE, HeaderValue::from_static(line))]))
    }

    #[test]
    fn a_token_is_better_than_a_password() {
        let realm = "https://auth.test/token?service=registry.test&scope=repository%3Aa%2Fb%3Apull";
        let line = "Basic realm=\"x\", Bearer realm=\"https://auth.test/token\",service=\"registry.test\",scope=\"repository:a/b:pull\"";
        assert_eq!(read(line), Some(Challenge::Bearer(realm.parse().unwrap())));
        assert_eq!(read("Basic realm=\"x\""), Some(Challenge::Basic));
    }

    #[test]
    fn what_cannot_be_answered_is_none() {
        for line in
            ["", "Digest realm=\"x\"", "Bearer", "Bearer realm=\"no address\"", "Bearer service=\"x\""]
        {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
