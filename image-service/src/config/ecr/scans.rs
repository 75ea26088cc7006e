//! `[ecr.scans]`: how scans are waited for.

use std::time::Duration;

use serde::Deserialize;

/// How scans are waited for. Each look is at least one call of AWS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScansConfig {
    /// Between the first look and the second. Each pause after it is half as long again.
    #[serde(deserialize_with = "super::milliseconds", rename = "first_poll_ms")]
    pub first_poll: Duration,
    /// The longest pause.
    #[serde(deserialize_with = "super::milliseconds", rename = "longest_poll_ms")]
    pub longest_poll: Duration,
    /// How long to wait at most, and if the caller does not say.
    #[serde(deserialize_with = "super::super::seconds", rename = "wait_secs")]
    pub wait: Duration,
}

impl Default for ScansConfig {
    fn default() -> Self {
        Self {
            first_poll: Duration::from_secs(2),
            longest_poll: Duration::from_secs(30),
            wait: Duration::from_secs(30 * 60),
        }
    }
}
