//! `[similarity]`: how vectors of images are made, and when.

use std::{net::IpAddr, num::NonZeroU16, path::PathBuf, time::Duration};

use serde::{Deserialize, de::Error as _};
use url::{Host, Url};

/// Similarity search. Mistakes name their key.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub struct SimilarityConfig {
    /// Whether images are indexed as they are stored. Otherwise only when a client asks for it.
    pub enabled: bool,
    /// Who makes vectors.
    pub embedder: EmbedderConfig,
}

/// Who makes vectors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EmbedderConfig {
    /// Feature hashing, in this process.
    Builtin {
        /// 16 to 4096.
        dimensions: usize,
    },
    /// A server that speaks the `/v1/embeddings` form.
    Http(HttpEmbedderConfig),
}

/// A server that speaks the `/v1/embeddings` form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpEmbedderConfig {
    /// All of the URL: `https://HOST/v1/embeddings`. `http` only on loopback.
    pub endpoint: Url,
    /// As the server calls it.
    pub model: String,
    /// Holds a bearer token.
    pub api_key_file: Option<PathBuf>,
    /// 16 to 4096: what the model gives.
    pub dimensions: usize,
    /// For one request and its answer.
    pub timeout: Duration,
}

const DIMENSIONS: usize = 256;
const FEWEST_DIMENSIONS: u16 = 16;
const MOST_DIMENSIONS: u16 = 4096;
const TIMEOUT: u64 = 30;
const MOST_TIMEOUT: u64 = 600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    embedder: Kind,
    endpoint: Option<String>,
    model: Option<String>,
    api_key_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "dimensions")]
    dimensions: Option<usize>,
    timeout_seconds: Option<u64>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Builtin,
    Http,
}

impl Default for SimilarityConfig {
    fn default() -> Self {
        Self { enabled: false, embedder: EmbedderConfig::Builtin { dimensions: DIMENSIONS } }
    }
}

impl TryFrom<Written> for SimilarityConfig {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let enabled = written.enabled;
        let embedder = match written.embedder {
            Kind::Builtin => builtin(&written)?,
            Kind::Http => EmbedderConfig::Http(http(written)?),
        };
        Ok(Self { enabled, embedder })
    }
}

fn builtin(written: &Written) -> Result<EmbedderConfig, String> {
    let foreign = [
        ("endpoint", written.endpoint.is_some()),
        ("model", written.model.is_some()),
        ("api_key_file", written.api_key_file.is_some()),
        ("timeout_seconds", written.timeout_seconds.is_some()),
    ];
    match foreign.iter().find(|(_, given)| *given) {
        Some((key, _)) => {
            Err(format!("similarity.{key} is of no use without similarity.embedder = \"http\""))
        }
        None => Ok(EmbedderConfig::Builtin { dimensions: written.dimensions.unwrap_or(DIMENSIONS) }),
    }
}

fn http(written: Written) -> Result<HttpEmbedderConfig, String> {
    let needed = |key| format!("similarity.{key} is needed with similarity.embedder = \"http\"");
    let timeout = written.timeout_seconds.unwrap_or(TIMEOUT);
    if !(1..=MOST_TIMEOUT).contains(&timeout) {
        return Err(format!("similarity.timeout_seconds: {timeout} is not 1 to {MOST_TIMEOUT}"));
    }
    Ok(HttpEmbedderConfig {
        endpoint: endpoint(&written.endpoint.ok_or_else(|| needed("endpoint"))?)?,
        model: written.model.filter(|model| !model.is_empty()).ok_or_else(|| needed("model"))?,
        api_key_file: written.api_key_file,
        dimensions: written.dimensions.ok_or_else(|| needed("dimensions"))?,
        timeout: Duration::from_secs(timeout),
    })
}

/// What is sent tells of images, and a key goes with it: in clear only within this machine. A URL with a password in it is not repeated.
fn endpoint(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|why| format!("similarity.endpoint is no URL: {why}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("similarity.endpoint has a user in it: put the key into similarity.api_key_file".into());
    }
    match url.scheme() {
        "https" if url.has_host() => Ok(url),
        "http" if url.host().is_some_and(|host| is_loopback(&host)) => Ok(url),
        "http" => Err(format!("similarity.endpoint {text:?}: http is for loopback, write https")),
        _ => Err(format!("similarity.endpoint {text:?} is not https://HOST[:PORT]/PATH")),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => IpAddr::from(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::from(*address).is_loopback(),
        Host::Domain(name) => *name == "localhost",
    }
}

fn dimensions<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    let dimensions = NonZeroU16::deserialize(deserializer)?.get();
    match (FEWEST_DIMENSIONS..=MOST_DIMENSIONS).contains(&dimensions) {
        true => Ok(Some(usize::from(dimensions))),
        false => {
            let range = format!("{FEWEST_DIMENSIONS} to {MOST_DIMENSIONS}");
            Err(D::Error::custom(format!("similarity.dimensions: {dimensions} is not {range}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(keys: &str) -> Result<SimilarityConfig, String> {
        let config = toml::from_str::<Config>(&format!("[similarity]\n{keys}"));
        config.map(|config| config.similarity).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_indexed_and_nothing_is_sent_unless_it_is_configured() {
        let config =
            SimilarityConfig { enabled: false, embedder: EmbedderConfig::Builtin { dimensions: 256 } };
        assert_eq!(read(""), Ok(config.clone()));
        assert_eq!(Config::default().similarity, config);
    }

    #[test]
    fn a_mistake_names_its_key() {
        let http = |keys: &str| format!("embedder = 'http'\nmodel = 'm'\ndimensions = 16\n{keys}");
        let elsewhere = http("endpoint = 'http://10.0.0.1/v1/embeddings'");
        let with_password = http("endpoint = 'https://me:hunter2@example.com/'");
        let slow = http("endpoint = 'https://example.com/'\ntimeout_seconds = 601");
        for (keys, why) in [
            ("embeder = 'http'", "embeder"),
            ("embedder = 'magic'", "embedder"),
            ("dimensions = 8", "similarity.dimensions"),
            ("dimensions = 4097", "similarity.dimensions"),
            ("model = 'm'", "similarity.model is of no use"),
            ("embedder = 'http'", "similarity.endpoint is needed"),
            ("embedder = 'http'\nendpoint = 'https://example.com/'", "similarity.model is needed"),
            ("embedder = 'http'\nendpoint = 'https://h/'\nmodel = 'm'", "similarity.dimensions is needed"),
            (&http("endpoint = 'ftp://h/'"), "similarity.endpoint"),
            (&elsewhere, "http is for loopback"),
            (&with_password, "similarity.api_key_file"),
            (&slow, "similarity.timeout_seconds"),
        ] {
            let error = read(keys).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        assert!(!endpoint("https://me:hunter2@example.com/").unwrap_err().contains("hunter2"));
    }

    #[test]
    fn loopback_may_be_spoken_to_in_clear() {
        for host in ["127.0.0.1:8080", "[::1]:8080", "localhost"] {
            assert!(endpoint(&format!("http://{host}/v1/embeddings")).is_ok(), "{host}");
        }
    }
}
