//! Configuration: one TOML file, the environment over it, flags over both. Read once, at start, by `sources`; every
//! mistake names its key.

mod access;
mod credentials;
mod database;
mod ecr;
mod events;
mod listen;
mod namespaces;
mod registries;
mod serving;
mod similarity;
mod sources;
mod staging;
mod telemetry;
mod tls;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use ::telemetry::logs::LogFormat;
use serde::Deserialize;

pub use access::{AccessConfig, IdentityConfig};
pub use credentials::{CredentialsConfig, KeyConfig, KmsConfig};
pub use database::DatabaseConfig;
pub use ecr::{
    AccountConfig, AuthConfig, BreakerConfig, CreateRepository, EcrConfig, Rate, ScansConfig, StaticKeys,
};
pub use events::EventsConfig;
pub use listen::Listen;
pub use registries::{RegistryConfig, RegistryEndpoint};
pub use serving::ServingConfig;
pub use similarity::{EmbedderConfig, HttpEmbedderConfig, SimilarityConfig};
pub use sources::{Flag, Mistake, Sources};
pub use staging::{EmbeddedRegistryConfig, LayerCompression, StagingConfig};
pub use telemetry::TelemetryConfig;
pub use tls::TlsConfig;

use crate::model::{Platform, RegistryHost};

/// Everything that can be configured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the state is kept.
    pub data_dir: Option<PathBuf>,
    /// Where to serve gRPC.
    pub listen: Option<Listen>,
    /// Serve gRPC over TLS.
    pub tls: Option<TlsConfig>,
    /// Serve without TLS on an address that other machines reach. Whoever reaches it can use every stored credential.
    pub allow_remote_plaintext: bool,
    /// Who may call, and what.
    pub access: AccessConfig,
    /// Logs.
    pub log: LogConfig,
    /// Where the state is.
    pub database: DatabaseConfig,
    /// For how long it is known what was done.
    pub events: EventsConfig,
    /// Pulling.
    pub pull: PullConfig,
    /// What clients may take up, and how the service ends.
    pub serving: ServingConfig,
    /// Stored credentials.
    pub credentials: CredentialsConfig,
    /// Where images that come as archives are made pullable.
    pub staging: StagingConfig,
    /// The registry inside this process.
    pub embedded_registry: EmbeddedRegistryConfig,
    /// Amazon's registries.
    pub ecr: EcrConfig,
    /// Finding images that are like others.
    pub similarity: SimilarityConfig,
    /// Who gets traces and metrics.
    pub telemetry: TelemetryConfig,
    /// By host, as references name it.
    #[serde(deserialize_with = "registries::by_host")]
    pub registries: BTreeMap<RegistryHost, RegistryConfig>,
}

/// How to log.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `auto`, `human` or `json`.
    pub format: LogFormat,
    /// A filter as `RUST_LOG` has it.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Auto, filter: "info".into() }
    }
}

/// How to pull.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PullConfig {
    /// What a pull chooses when it is not told: containers run on Fargate, whatever this host is.
    #[serde(deserialize_with = "platform")]
    pub platform: Platform,
    /// A task definition of ECS (family, `family:revision` or ARN), whose platform takes the place of `platform`. It is read at the start.
    pub task_definition: Option<String>,
    /// Seconds for which a tag that a caller has just pulled is not asked for again. 0: every pull asks, as docker does.
    #[serde(deserialize_with = "seconds", rename = "tag_ttl_seconds")]
    pub tag_ttl: Duration,
    /// Seconds for which a registry's consent to a caller lets that caller have content which cannot change.
    #[serde(deserialize_with = "seconds", rename = "access_ttl_seconds")]
    pub access_ttl: Duration,
    /// Whether amd64 may be served by 386, and arm64 by 32-bit arm. Fargate runs neither.
    pub other_architectures: bool,
}

impl Default for PullConfig {
    fn default() -> Self {
        Self {
            platform: Platform::from_parts("linux", "amd64", "", ""),
            task_definition: None,
            tag_ttl: Duration::ZERO,
            access_ttl: Duration::from_secs(300),
            other_architectures: false,
        }
    }
}

fn platform<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Platform, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// A day is more than any cache here should live.
const MOST_SECONDS: u64 = 24 * 60 * 60;

fn seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match u64::deserialize(deserializer)? {
        seconds if seconds <= MOST_SECONDS => Ok(Duration::from_secs(seconds)),
        seconds => {
            Err(serde::de::Error::custom(format!("{seconds} seconds are more than {MOST_SECONDS}, a day")))
        }
    }
}

impl Config {
    /// Whether a registry runs inside this process.
    #[must_use]
    pub fn embeds_registry(&self) -> bool {
        self.embedded_registry.enabled.unwrap_or(self.staging.repository.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_a_configuration() {
        let config: Config = toml::from_str("").unwrap();
        assert_eq!(config.pull.platform.to_string(), "linux/amd64");
    }

    #[test]
    fn registries_are_filed_under_their_normal_host() {
        let config: Config = toml::from_str(
            r#"
            [registries."index.docker.io"]
            endpoint = "http://127.0.0.1:5000"
            mirrors = ["https://mirror.example"]
            "#,
        )
        .unwrap();
        let hub = &config.registries[&RegistryHost::docker_hub()];
        assert!(hub.endpoint.as_ref().is_some_and(|endpoint| endpoint.plain_http));
        assert_eq!(hub.mirrors[0].authority, "mirror.example");
    }

    #[test]
    fn a_mistake_names_its_key() {
        for (text, key) in [
            ("lissten = 'x'", "lissten"),
            ("[pull]\nplatform = 'a/b/c/d'", "platform"),
            ("[registries.'a b']", "a b"),
            ("[registries.'h']\nendpoint = 'ftp://h'", "endpoint"),
            ("[registries.'h']\nendpont = 'http://h'", "endpont"),
            ("listen = 'nowhere'", "listen"),
            ("[database]\nconnections = 0", "connections"),
            ("[database]\nstatement_timeout_seconds = 0", "statement_timeout_seconds"),
            ("[database]\nrepetitions = 21", "repetitions"),
            ("[pull]\ntag_ttl_seconds = 99999999999", "tag_ttl_seconds"),
            ("[staging]\nsweep_grace_seconds = 86401", "sweep_grace_seconds"),
            ("[serving]\nconnections = 0", "connections"),
            ("[serving]\nstall_seconds = 0", "stall_seconds"),
            ("[events]\nkeep_days = 0", "keep_days"),
        ] {
            let error = toml::from_str::<Config>(text).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }
}
