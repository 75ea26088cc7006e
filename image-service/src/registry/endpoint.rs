//! From a registry's name to the places to ask: its mirrors in order, then the registry itself.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use anyhow::Context as _;
use url::{Host, Url};

use crate::{
    config::{RegistryConfig, RegistryEndpoint},
    error::{Error, Result},
    model::RegistryHost,
};

const DOCKER_HUB: &str = "registry-1.docker.io";

/// Which certificates to trust besides the system's: an index into `Endpoints::authorities`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Trust(pub(super) Option<usize>);

/// One place to ask.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    /// Whose content it has.
    pub(super) registry: RegistryHost,
    /// `https://HOST[:PORT]/`
    pub(super) base: Url,
    pub(super) trust: Trust,
    /// A mirror gets no credentials, and its failures do not count.
    pub(super) mirror: bool,
    /// An operator vouches for it.
    pub(super) listed: bool,
    /// Hosts that an operator allows the registry to send a client to for a token.
    pub(super) token_hosts: Arc<[String]>,
    /// Docker Hub itself, whose token endpoint is known beforehand.
    pub(super) is_docker_hub: bool,
}

/// All endpoints of one registry, in the order in which they are asked. The last is the registry itself.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) mirrors: Vec<Endpoint>,
    pub(super) origin: Endpoint,
}

/// The registries that are configured, and the rule for those that are not.
#[derive(Debug)]
pub(super) struct Endpoints {
    listed: BTreeMap<RegistryHost, Site>,
    /// PEM files by the number that `Trust` gives.
    authorities: Vec<Vec<u8>>,
}

impl Endpoints {
    pub(super) fn new(registries: &BTreeMap<RegistryHost, RegistryConfig>) -> anyhow::Result<Self> {
        let (mut listed, mut authorities) = (BTreeMap::new(), Vec::new());
        for (host, config) in registries {
            let trust = match &config.ca_file {
                Some(file) => {
                    authorities.push(read_certificates(host, file)?);
                    Trust(Some(authorities.len() - 1))
                }
                None => Trust::default(),
            };
            let site =
                site(host, config, true, trust).with_context(|| format!("registries.{:?}", host.as_str()))?;
            listed.insert(host.clone(), site);
        }
        Ok(Self { listed, authorities })
    }

    pub(super) fn authorities(&self) -> &[Vec<u8>] {
        &self.authorities
    }

    /// Where to ask for a registry; an error if its name is no address.
    pub(super) fn site(&self, host: &RegistryHost) -> Result<Site> {
        match self.listed.get(host) {
            Some(site) => Ok(site.clone()),
            None => site(host, &RegistryConfig::default(), false, Trust::default())
                .map_err(|_| Error::Argument(format!("{:?} is no address of a registry", host.as_str()))),
        }
    }
}

fn read_certificates(host: &RegistryHost, file: &Path) -> anyhow::Result<Vec<u8>> {
    let context = || format!("registries.{:?}: cannot use ca_file {}", host.as_str(), file.display());
    let pem = std::fs::read(file).with_context(context)?;
    let certificates = reqwest::Certificate::from_pem_bundle(&pem).with_context(context)?;
    anyhow::ensure!(!certificates.is_empty(), "{}: it has no certificate", context());
    Ok(pem)
}

fn site(
    host: &RegistryHost,
    config: &RegistryConfig,
    listed: bool,
    trust: Trust,
) -> Result<Site, url::ParseError> {
    let hub = *host == RegistryHost::docker_hub();
    let token_hosts: Arc<[String]> =
        config.token_hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
    let endpoint = |base, mirror, is_docker_hub| Endpoint {
        registry: host.clone(),
        base,
        trust,
        mirror,
        listed,
        token_hosts: Arc::clone(&token_hosts),
        is_docker_hub,
    };
    let origin = match &config.endpoint {
        Some(written) => endpoint(base(written, config)?, false, false),
        None if hub => endpoint(base(&bare(DOCKER_HUB), config)?, false, true),
        None => endpoint(base(&bare(host.as_str()), config)?, false, false),
    };
    let mirrors = config.mirrors.iter().map(|mirror| Ok(endpoint(base(mirror, config)?, true, false)));
    let mirrors = mirrors.collect::<Result<_, url::ParseError>>()?;
    Ok(Site { mirrors, origin })
}

fn bare(authority: &str) -> RegistryEndpoint {
    RegistryEndpoint { authority: authority.to_owned(), plain_http: false, tls: false }
}

/// A written scheme wins, then the operator's word; then loopback is spoken to in clear, as docker does, unless it has certificates.
fn base(written: &RegistryEndpoint, config: &RegistryConfig) -> Result<Url, url::ParseError> {
    let https = Url::parse(&format!("https://{}/", written.authority))?;
    let loopback = https.host().is_some_and(|host| is_loopback(&host)) && config.ca_file.is_none();
    let plain = written.plain_http || (!written.tls && (config.plain_http || loopback));
    if plain { Url::parse(&format!("http://{}/", written.authority)) } else { Ok(https) }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => *name == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(host: &str, toml: &str) -> String {
        let config: RegistryConfig = toml::from_str(toml).unwrap();
        let host = host.parse().unwrap();
        Endpoints::new(&[(host, config)].into())
            .unwrap()
            .listed
            .into_values()
            .next()
            .unwrap()
            .origin
            .base
            .into()
    }

    #[test]
    fn the_written_scheme_wins_then_the_operators_word_then_loopback() {
        for (host, config, url) in [
            ("docker.io", "", "https://registry-1.docker.io/"),
            ("ghcr.io", "", "https://ghcr.io/"),
            ("ghcr.io", "plain_http = true", "http://ghcr.io/"),
            ("ghcr.io", "plain_http = true\nendpoint = 'https://x:5'", "https://x:5/"),
            ("ghcr.io", "endpoint = 'http://x'", "http://x/"),
            ("127.3.2.1:5000", "", "http://127.3.2.1:5000/"),
            ("[::1]:5000", "", "http://[::1]:5000/"),
            ("localhost", "", "http://localhost/"),
            ("localhost:5000", "endpoint = 'https://localhost:5000'", "https://localhost:5000/"),
            ("10.0.0.1", "", "https://10.0.0.1/"),
            ("x.localhost", "", "https://x.localhost/"),
        ] {
            assert_eq!(origin(host, config), url, "{host} with {config:?}");
        }
    }

    #[test]
    fn a_port_that_does_not_exist_is_no_address() {
        let endpoints = Endpoints::new(&BTreeMap::new()).unwrap();
        let error = endpoints.site(&"foo.com:750050".parse().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "\"foo.com:750050\" is no address of a registry");
        assert!(endpoints.site(&"[1::2::3]".parse().unwrap()).is_err());
    }

    #[test]
    fn certificates_that_cannot_be_read_are_told_at_the_start() {
        let config = RegistryConfig { ca_file: Some("/nowhere/ca.pem".into()), ..RegistryConfig::default() };
        let error = Endpoints::new(&[("h".parse().unwrap(), config)].into()).unwrap_err();
        assert_eq!(error.to_string(), "registries.\"h\": cannot use ca_file /nowhere/ca.pem");
    }
}
