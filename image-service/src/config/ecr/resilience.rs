//! `[ecr.rates]` and `[ecr.breaker]`: how hard AWS is asked, and when it is left alone.

use std::{num::NonZeroU32, time::Duration};

use serde::Deserialize;

/// Calls per second; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Rate(pub NonZeroU32);

/// When calls of one kind in one Region are no longer made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerConfig {
    /// Failures in a row; refusals are none.
    pub failures: NonZeroU32,
    /// Seconds until one call tries again.
    #[serde(deserialize_with = "crate::config::seconds", rename = "open_seconds")]
    pub open: Duration,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self { failures: NonZeroU32::MIN.saturating_add(9), open: Duration::from_secs(15) }
    }
}
