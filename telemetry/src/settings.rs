//! What is exported, and to whom. By default nothing, to nobody.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, ToSocketAddrs as _},
};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

use crate::Collector;

const DISABLED: &str = "OTEL_SDK_DISABLED";
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// What is exported, and to whom. Everything else that OpenTelemetry's environment variables say of exporters, batches and intervals holds too.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Gets traces and metrics.
    pub endpoint: Option<Collector>,
    /// Of the traces that begin here, the share that is sampled, 0 to 1. A known caller who sampled a trace, or did not, is followed.
    pub sampling_ratio: f64,
    /// `service.name`, unless OTEL_SERVICE_NAME says it.
    pub service_name: String,
    /// Of the resource; OTEL_RESOURCE_ATTRIBUTES wins.
    pub attributes: BTreeMap<String, String>,
    /// `HOST:PORT` where Prometheus may read metrics.
    pub prometheus: Option<String>,
    /// Whether that may be an address that other machines reach.
    pub allow_remote_prometheus: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            endpoint: None,
            sampling_ratio: 1.0,
            service_name: "image-service".to_owned(),
            attributes: BTreeMap::new(),
            prometheus: None,
            allow_remote_prometheus: false,
        }
    }
}

impl Settings {
    /// With the environment's endpoint over the one that is written, if there is one. OTEL_SDK_DISABLED leaves none.
    pub fn with_environment(self) -> anyhow::Result<Self> {
        self.overlaid(|name| std::env::var(name).ok())
    }

    fn overlaid(mut self, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        if let Some(endpoint) = environment(ENDPOINT).filter(|endpoint| !endpoint.is_empty()) {
            let endpoint = endpoint.parse().map_err(anyhow::Error::msg).context(ENDPOINT)?;
            self.endpoint = Some(endpoint);
        }
        if environment(DISABLED).is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            self.endpoint = None;
        }
        Ok(self)
    }

    /// What keeps it from being used; keys are called as in a configuration file.
    pub fn check(&self) -> anyhow::Result<()> {
        let ratio = self.sampling_ratio;
        ensure!((0.0..=1.0).contains(&ratio), "telemetry.sampling_ratio: {ratio} is not between 0 and 1");
        ensure!(!self.service_name.is_empty(), "telemetry.service_name is empty");
        self.prometheus_address().map(drop)
    }

    /// Where Prometheus may read. Names of images and registries are nobody else's affair, so others must be meant to.
    pub(crate) fn prometheus_address(&self) -> anyhow::Result<Option<SocketAddr>> {
        let Some(text) = &self.prometheus else { return Ok(None) };
        let context = || format!("telemetry.prometheus {text:?}: expected HOST:PORT");
        let address = text.to_socket_addrs().with_context(context)?.next().with_context(context)?;
        if !address.ip().is_loopback() && !self.allow_remote_prometheus {
            bail!(
                "telemetry.prometheus: other machines reach {address}; telemetry.allow_remote_prometheus = true insists"
            );
        }
        Ok(Some(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prometheus(text: &str, remote: bool) -> anyhow::Result<Option<SocketAddr>> {
        let settings = Settings::default();
        let settings =
            Settings { prometheus: Some(text.to_owned()), allow_remote_prometheus: remote, ..settings };
        settings.prometheus_address()
    }

    #[test]
    fn other_machines_read_metrics_only_if_that_is_meant() {
        let error = prometheus("0.0.0.0:9464", false).unwrap_err().to_string();
        assert!(error.contains("allow_remote_prometheus"), "{error}");
        assert!(prometheus("0.0.0.0:9464", true).is_ok());
        assert!(prometheus("127.0.0.1:9464", false).is_ok());
        assert!(prometheus("nowhere", true).unwrap_err().to_string().contains("telemetry.prometheus"));
    }

    #[test]
    fn a_ratio_is_a_share() {
        for ratio in [-0.1, 1.1, f64::NAN] {
            let settings = Settings { sampling_ratio: ratio, ..Settings::default() };
            assert!(settings.check().unwrap_err().to_string().contains("telemetry.sampling_ratio"));
        }
    }

    #[test]
    fn the_environment_wins_over_what_is_written() {
        let written = || Settings { endpoint: "http://written:1".parse().ok(), ..Settings::default() };
        let said = |key: &'static str, value: &'static str| {
            written().overlaid(move |name| (name == key).then(|| value.to_owned()))
        };
        assert_eq!(said(ENDPOINT, "http://said:2").unwrap().endpoint, "http://said:2".parse().ok());
        assert_eq!(said(ENDPOINT, "").unwrap().endpoint, written().endpoint);
        assert_eq!(said(DISABLED, "true").unwrap().endpoint, None);
        assert!(said(ENDPOINT, "said").is_err());
    }
}
