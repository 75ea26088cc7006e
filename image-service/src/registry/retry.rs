//! When to ask again, and when not: at most twice what does no more when it is done twice, and a used-up pull budget never.

use std::time::Duration;

use aws_lc_rs::rand;
use http::{HeaderMap, StatusCode, header};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use super::{
    rate_limit,
    transport::{Answer, Failure},
};

const TRIES: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// Longer waits are the caller's business.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Docker Hub's words for a used-up budget, with and without "unauthenticated" before it.
const QUOTA_WORDS: &str = "pull rate limit";

/// The two kinds of 429.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Throttle {
    /// Too fast; how long to wait, if the registry says so.
    Brief(Option<Duration>),
    /// Used up; how long until it is not, if the registry says so.
    Quota(Option<Duration>),
}

impl Throttle {
    /// Which kind an answer of 429 is.
    pub(super) fn of(answer: &Answer) -> Self {
        let told = retry_after(&answer.headers);
        let text = String::from_utf8_lossy(&answer.body);
        let used_up = rate_limit::remaining(&answer.headers) == Some(0)
            || text.to_ascii_lowercase().contains(QUOTA_WORDS)
            || told.is_some_and(|wait| wait > LONGEST_WAIT);
        if used_up { Self::Quota(told) } else { Self::Brief(told.or_else(|| wait_in_message(&text))) }
    }
}

/// The tries of one request.
#[derive(Debug)]
pub(super) struct Tries {
    made: u32,
    allowed: u32,
}

impl Tries {
    pub(super) const fn several() -> Self {
        Self { made: 0, allowed: TRIES }
    }

    /// For mirrors: the next endpoint is the second try.
    pub(super) const fn one() -> Self {
        Self { made: 0, allowed: 1 }
    }

    /// How long to wait before the next try, whatever came; nothing if there is none left.
    pub(super) fn wait(&mut self) -> Option<Duration> {
        self.made += 1;
        (self.made < self.allowed).then(|| self.back_off())
    }

    /// How long to wait before the next try; nothing if the outcome stands.
    pub(super) fn wait_after(&mut self, outcome: &Result<Answer, Failure>) -> Option<Duration> {
        self.made += 1;
        if self.made >= self.allowed {
            return None;
        }
        match outcome {
            Ok(answer) => self.wait_after_answer(answer),
            Err(Failure::NoAnswer { reset: true, .. } | Failure::Torn { .. }) => Some(self.back_off()),
            Err(_) => None,
        }
    }

    fn wait_after_answer(&self, answer: &Answer) -> Option<Duration> {
        let told = match answer.status {
            StatusCode::TOO_MANY_REQUESTS => match Throttle::of(answer) {
                Throttle::Brief(told) => told,
                Throttle::Quota(_) => return None,
            },
            StatusCode::REQUEST_TIMEOUT
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => retry_after(&answer.headers),
            _ => return None,
        };
        match told {
            Some(wait) if wait > LONGEST_WAIT => None,
            Some(wait) => Some(wait + jitter(FIRST_WAIT)),
            None => Some(self.back_off()),
        }
    }

    /// Anything up to a bound that doubles, so that clients which failed together do not return together.
    fn back_off(&self) -> Duration {
        jitter(FIRST_WAIT * 2_u32.pow(self.made - 1))
    }
}

fn jitter(limit: Duration) -> Duration {
    let mut bytes = [0; 2];
    // Without randomness the wait is the longest one, which is safe.
    match rand::fill(&mut bytes) {
        Ok(()) => limit * u32::from(u16::from_le_bytes(bytes)) / u32::from(u16::MAX),
        Err(_) => limit,
    }
}

/// Seconds or an HTTP date (RFC 9110 section 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = OffsetDateTime::parse(text, &Rfc2822).ok()? - OffsetDateTime::now_utc();
    Some(Duration::try_from(until).unwrap_or_default())
}

/// GHCR writes the wait into its message: `retry-after: 880.092µs, allowed: 44000/minute`.
fn wait_in_message(text: &str) -> Option<Duration> {
    let (_, rest) = text.split_once("retry-after: ")?;
    let end = rest.find(|c: char| c == ',' || c == '"' || c.is_whitespace()).unwrap_or(rest.len());
    go_duration(&rest[..end])
}

/// A duration as Go prints it: `1m30s`, `880.092µs`.
fn go_duration(text: &str) -> Option<Duration> {
    let (mut rest, mut total) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let seconds = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "µs" | "μs" | "us" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * seconds;
        rest = after;
    }
    (!text.is_empty()).then(|| Duration::try_from_secs_f64(total).ok()).flatten()
}

#[cfg(test)]
#[path = "retry/tests.rs"]
mod tests;
