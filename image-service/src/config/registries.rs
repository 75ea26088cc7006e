//! `[registries."HOST[:PORT]"]`: how to reach a registry that needs more than its name.

use std::{collections::BTreeMap, path::PathBuf, str::FromStr};

use serde::{Deserialize, de::Error as _};

use crate::model::RegistryHost;

/// One registry. To be listed at all means that an operator vouches for it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegistryConfig {
    /// Where the registry really is: `https://HOST[:PORT]`, `http://HOST[:PORT]` or `HOST[:PORT]`.
    pub endpoint: Option<RegistryEndpoint>,
    /// Speak http where no scheme is written. Loopback hosts do so in any case, unless they have a `ca_file`.
    pub plain_http: bool,
    /// PEM certificates to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Asked first, in order; the registry itself comes last. Written like `endpoint`.
    pub mirrors: Vec<RegistryEndpoint>,
    /// Hosts besides the registry's own to which it may send a client for a token.
    pub token_hosts: Vec<String>,
}

/// A host to connect to.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct RegistryEndpoint {
    /// `HOST[:PORT]`
    pub authority: String,
    /// `http://` was written.
    pub plain_http: bool,
    /// `https://` was written.
    pub tls: bool,
}

impl FromStr for RegistryEndpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (plain_http, tls, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(rest), _) => (true, false, rest),
            (_, Some(rest)) => (false, true, rest),
            _ => (false, false, text),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let valid = authority.parse::<http::uri::Authority>().is_ok() && !authority.contains('@');
        if !valid || authority.contains('/') {
            return Err(format!("endpoint or mirror {text:?} is not [http[s]://]HOST[:PORT]"));
        }
        Ok(Self { authority: authority.to_owned(), plain_http, tls })
    }
}

impl TryFrom<String> for RegistryEndpoint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

pub(super) fn by_host<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<RegistryHost, RegistryConfig>, D::Error> {
    let named = BTreeMap::<String, RegistryConfig>::deserialize(deserializer)?;
    let mut by_host = BTreeMap::new();
    for (name, registry) in named {
        let host: RegistryHost =
            name.parse().map_err(|why| D::Error::custom(format!("registries.{name:?}: {why}")))?;
        if by_host.insert(host, registry).is_some() {
            return Err(D::Error::custom(format!(
                "registries.{name:?} is the same registry as another table"
            )));
        }
    }
    Ok(by_host)
}
