//! `WWW-Authenticate` (RFC 9110 section 11.6.1) as registries really write it: several lines, several challenges in a line, loose quoting.

use http::{HeaderMap, header};
use http_auth::parser::ChallengeParser;
use url::Url;

/// What is read of each header line, and how many lines.
const MAX_LINE: usize = 8 * 1024;
const MAX_LINES: usize = 16;

/// A challenge that can be answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Challenge {
    /// Ask the realm for a token.
    Bearer(Bearer),
    /// Send user and password.
    Basic,
}

/// Distribution's token authentication.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Bearer {
    pub(super) realm: Url,
    pub(super) service: String,
    /// Empty if the registry did not say.
    pub(super) scope: String,
    /// `insufficient_scope` means that the caller is known and not allowed.
    pub(super) error: String,
}

impl Challenge {
    /// The best challenge of all lines: Bearer if its realm can be used, else Basic. Other schemes and junk do not count.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(header::WWW_AUTHENTICATE).iter().take(MAX_LINES);
        let all: Vec<_> = lines.filter_map(|line| line.to_str().ok()).flat_map(of_line).collect();
        let bearer = all.iter().find(|challenge| matches!(challenge, Self::Bearer(_)));
        bearer.or(all.first()).cloned()
    }
}

fn of_line(line: &str) -> Vec<Challenge> {
    let line = line.get(..MAX_LINE.min(line.len())).unwrap_or_default();
    let strict: Result<Vec<_>, _> = ChallengeParser::new(line).collect();
    let all = match strict {
        Ok(all) => all.iter().map(|challenge| (challenge.scheme.to_owned(), params(challenge))).collect(),
        Err(_) => lenient(line),
    };
    all.into_iter().filter_map(|(scheme, params)| challenge(&scheme, &params)).collect()
}

type Params = Vec<(String, String)>;

fn params(challenge: &http_auth::ChallengeRef<'_>) -> Params {
    challenge.params.iter().map(|(name, value)| ((*name).to_owned(), value.to_unescaped())).collect()
}

fn challenge(scheme: &str, params: &Params) -> Option<Challenge> {
    let value = |name: &str| {
        let found = params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let realm = Url::parse(&value("realm")).ok()?;
    Some(Challenge::Bearer(Bearer {
        realm,
        service: value("service"),
        scope: value("scope"),
        error: value("error"),
    }))
}

/// For lines outside the grammar: unquoted URLs, spaces around `=`, missing commas, empty values.
fn lenient(line: &str) -> Vec<(String, Params)> {
    let mut rest = line;
    let mut all: Vec<(String, Params)> = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
        let (word, after) = split_while(rest, |c| !c.is_ascii_whitespace() && !"=,\"".contains(c));
        if word.is_empty() {
            // Whatever stands here belongs to nothing.
            let mut chars = rest.chars();
            if chars.next().is_none() {
                return all;
            }
            rest = chars.as_str();
            continue;
        }
        let value = after.trim_start();
        match (value.strip_prefix('='), all.last_mut()) {
            (Some(value), Some((_, params))) => {
                let (value, after) = lenient_value(value.trim_start());
                params.push((word.to_owned(), value));
                rest = after;
            }
            (Some(value), None) => rest = lenient_value(value.trim_start()).1,
            (None, _) => {
                all.push((word.to_owned(), Vec::new()));
                rest = after;
            }
        }
    }
}

/// A value with or without quotes, and what follows it.
fn lenient_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, after) = split_while(text, |c| !c.is_ascii_whitespace() && c != ',');
        return (value.to_owned(), after);
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    (value, chars.as_str())
}

fn split_while(text: &str, keep: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !keep(c)).unwrap_or(text.len()))
}

#[cfg(test)]
#[path = "challenge/tests.rs"]
mod tests;
