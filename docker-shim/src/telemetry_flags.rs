//! Flags that say who gets traces and metrics.

use clap::{Args, builder::BoolishValueParser};
use telemetry::{Collector, Settings};

/// Who gets traces and metrics; by default nobody. OpenTelemetry's other environment variables hold too.
#[derive(Args, Clone, Debug)]
pub struct TelemetryFlags {
    /// An OpenTelemetry collector that gets traces and metrics by OTLP over gRPC: http://HOST:PORT or https://HOST:PORT [env: OTEL_EXPORTER_OTLP_ENDPOINT]
    // Not read here: a variable that is others' too must not keep a health check from asking.
    #[arg(long, value_name = "URL")]
    otlp_endpoint: Option<Collector>,
    /// Of the traces that begin here, the share that is sampled, from 0 to 1
    #[arg(long, env = "DOCKER_SHIM_SAMPLING_RATIO", value_name = "SHARE", default_value_t = 1.0)]
    sampling_ratio: f64,
    /// Where Prometheus may read metrics, at /metrics
    #[arg(long, env = "DOCKER_SHIM_PROMETHEUS", value_name = "HOST:PORT")]
    prometheus: Option<String>,
    /// Metrics may be read from other machines
    #[arg(long, env = "DOCKER_SHIM_ALLOW_REMOTE_PROMETHEUS", value_parser = BoolishValueParser::new())]
    allow_remote_prometheus: bool,
}

impl TelemetryFlags {
    pub(crate) fn settings(self) -> anyhow::Result<Settings> {
        let settings = Settings {
            endpoint: self.otlp_endpoint,
            sampling_ratio: self.sampling_ratio,
            service_name: "docker-shim".to_owned(),
            prometheus: self.prometheus,
            allow_remote_prometheus: self.allow_remote_prometheus,
            ..Settings::default()
        }
        .with_environment()?;
        settings.check()?;
        Ok(settings)
    }
}
