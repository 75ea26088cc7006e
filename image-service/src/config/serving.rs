//! `[serving]`: what clients of gRPC may take up, and how the service ends.

use std::{num::NonZeroU32, time::Duration};

use serde::{Deserialize, de::Error as _};

/// Limits of the gRPC listener.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServingConfig {
    /// Connections at once; one more is refused.
    pub connections: NonZeroU32,
    /// Calls at once on one connection; a client has more wait.
    pub calls_per_connection: NonZeroU32,
    /// Bytes of the headers of one call, names and values with 32 for each pair (RFC 9113, section 6.5.2).
    pub header_bytes: NonZeroU32,
    /// Seconds that a client has for TLS and the first bytes of HTTP/2.
    #[serde(deserialize_with = "some_seconds", rename = "head_seconds")]
    pub head: Duration,
    /// Seconds between two questions whether a client is still there, which has as long to answer.
    #[serde(deserialize_with = "some_seconds", rename = "keepalive_seconds")]
    pub keepalive: Duration,
    /// Seconds in which some of a request must come that was not sent to its end, and in which some of an answer must be taken.
    #[serde(deserialize_with = "some_seconds", rename = "stall_seconds")]
    pub stall: Duration,
    /// Seconds that work has to come to its end once the service is told to end.
    #[serde(deserialize_with = "super::seconds", rename = "drain_seconds")]
    pub drain: Duration,
}

impl Default for ServingConfig {
    fn default() -> Self {
        let number = |number: u32| NonZeroU32::MIN.saturating_add(number - 1);
        Self {
            connections: number(1024),
            calls_per_connection: number(256),
            header_bytes: number(16 * 1024),
            head: Duration::from_secs(10),
            keepalive: Duration::from_secs(30),
            stall: Duration::from_secs(300),
            drain: Duration::from_secs(25),
        }
    }
}

fn some_seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match super::seconds(deserializer)? {
        Duration::ZERO => Err(D::Error::custom("0 seconds: at least 1 is needed")),
        seconds => Ok(seconds),
    }
}
