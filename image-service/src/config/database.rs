//! Where the state is: in the data folder, or in a database that several services share.

use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

/// Which database, and how patient to be with it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; `?sslmode=verify-full&sslrootcert=FILE` for TLS. Without it SQLite in the data folder.
    pub url: Option<SecretString>,
    /// The most connections this process has for reading, and as many again for changes.
    #[serde(deserialize_with = "connections")]
    pub connections: u32,
    /// Seconds to wait at the start for a database that does not answer.
    #[serde(deserialize_with = "super::seconds", rename = "start_timeout_seconds")]
    pub start_timeout: Duration,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: None, connections: 8, start_timeout: Duration::from_secs(60) }
    }
}

fn connections<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        number @ 1..=1000 => Ok(number),
        number => {
            Err(serde::de::Error::custom(format!("{number} connections: between 1 and 1000 are possible")))
        }
    }
}
