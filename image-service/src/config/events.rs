//! `[events]`: for how long it is known what was done.

use std::{num::NonZeroU64, time::Duration};

use serde::Deserialize;

const DAY: u64 = 24 * 60 * 60;

/// Which events are kept; the newest always is. Services that share a database need the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventsConfig {
    /// The newest so many, of all namespaces together.
    pub keep: NonZeroU64,
    /// Those of the last so many days.
    #[serde(deserialize_with = "days", rename = "keep_days")]
    pub keep_for: Duration,
}

impl Default for EventsConfig {
    fn default() -> Self {
        let keep = NonZeroU64::MIN.saturating_add(99_999);
        Self { keep, keep_for: Duration::from_secs(30 * DAY) }
    }
}

fn days<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match u64::deserialize(deserializer)? {
        days @ 1..=3650 => Ok(Duration::from_secs(days * DAY)),
        days => Err(serde::de::Error::custom(format!("{days} days: between 1 and 3650 are possible"))),
    }
}
