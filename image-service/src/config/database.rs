//! Where the state is: in the data folder, or in a database that several services share.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;
use serde::{Deserialize, de::Error as _};

/// Which database, and how patient to be with it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; `?sslmode=verify-full` for TLS. Without it SQLite in the data folder.
    pub url: Option<SecretString>,
    /// PEM certificates of the authorities of the database's certificate, if they are not well known. Only with `sslmode=verify-full` or `verify-ca`.
    pub ca_file: Option<PathBuf>,
    /// The most connections this process has for reading, and as many again for changes.
    #[serde(deserialize_with = "connections")]
    pub connections: u32,
    /// Seconds to wait at the start for a database that does not answer.
    #[serde(deserialize_with = "super::seconds", rename = "start_timeout_seconds")]
    pub start_timeout: Duration,
    /// Seconds that a look-up waits for a connection.
    #[serde(deserialize_with = "patience", rename = "read_wait_seconds")]
    pub read_wait: Duration,
    /// Seconds that a change waits for a connection.
    #[serde(deserialize_with = "patience", rename = "change_wait_seconds")]
    pub change_wait: Duration,
    /// Seconds that a change waits for those of other services.
    #[serde(deserialize_with = "patience", rename = "lock_timeout_seconds")]
    pub lock_timeout: Duration,
    /// Seconds that one statement may take, with its wait for locks.
    #[serde(deserialize_with = "patience", rename = "statement_timeout_seconds")]
    pub statement_timeout: Duration,
    /// Seconds after which a connection that is not used is closed.
    #[serde(deserialize_with = "patience", rename = "idle_timeout_seconds")]
    pub idle_timeout: Duration,
    /// How often a change is made again that the database has undone because of others.
    #[serde(deserialize_with = "repetitions")]
    pub repetitions: u32,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: None,
            ca_file: None,
            connections: 8,
            start_timeout: Duration::from_secs(60),
            read_wait: Duration::from_secs(5),
            change_wait: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(20),
            statement_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(60),
            repetitions: 5,
        }
    }
}

fn connections<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        number @ 1..=1000 => Ok(number),
        number => Err(D::Error::custom(format!("{number} connections: between 1 and 1000 are possible"))),
    }
}

/// To Postgres 0 would mean without end.
fn patience<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match u64::deserialize(deserializer)? {
        seconds @ 1..=3600 => Ok(Duration::from_secs(seconds)),
        seconds => Err(D::Error::custom(format!("{seconds} seconds: between 1 and 3600 are possible"))),
    }
}

fn repetitions<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        number @ 0..=20 => Ok(number),
        number => Err(D::Error::custom(format!("{number} repetitions: between 0 and 20 are possible"))),
    }
}
