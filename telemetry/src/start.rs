//! Starting and ending: providers, exporters, and the page for Prometheus.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use opentelemetry::{KeyValue, metrics::MeterProvider as _, trace::TracerProvider as _};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithTonicConfig as _};
use opentelemetry_sdk::{
    Resource,
    metrics::{ManualReader, SdkMeterProvider},
    resource::EnvResourceDetector,
    trace::{Sampler, SdkTracerProvider},
};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use crate::{
    Collector, Settings,
    export::{Quiet, Trouble},
    metric, process,
    prometheus::{Page, Shared},
    span,
};

/// For one export. Nobody waits for it but the thread that exports.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
/// For what is still to be sent when the process ends: of traces, and of metrics.
const FLUSH: Duration = Duration::from_secs(2);

/// What has been started. Nothing, if nobody was configured who wants it.
#[derive(Debug, Default)]
#[must_use]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
    page: Option<Page>,
}

/// Starts what is configured, once in a process. Wants a tokio runtime with more than one thread around it, which has to live until `end`.
pub async fn start(settings: &Settings, version: &'static str) -> anyhow::Result<Telemetry> {
    settings.check()?;
    let prometheus = settings.prometheus_address()?;
    let channel = settings.endpoint.as_ref().map(channel).transpose()?;
    if channel.is_none() && prometheus.is_none() {
        return Ok(Telemetry::default());
    }
    let (resource, trouble) = (resource(settings, version), Arc::<Trouble>::default());
    let traces = match &channel {
        Some(channel) => {
            let exporter = SpanExporter::builder().with_tonic().with_channel(channel.clone()).build()?;
            let exporter = Quiet::new(exporter, Arc::clone(&trouble));
            Some(traces(exporter, resource.clone(), settings.sampling_ratio))
        }
        None => None,
    };
    let mut metrics = SdkMeterProvider::builder().with_resource(resource);
    if let Some(channel) = channel {
        let exporter = MetricExporter::builder().with_tonic().with_channel(channel).build()?;
        metrics = metrics.with_periodic_exporter(Quiet::new(exporter, trouble));
    }
    let (metrics, page) = match prometheus {
        Some(address) => {
            let (reader, page) = page(address).await?;
            (metrics.with_reader(reader), Some(page))
        }
        None => (metrics, None),
    };
    let metrics = metrics.build();
    metric::count_with(metrics.meter("image-service"));
    process::watch();
    Ok(Telemetry { traces, metrics: Some(metrics), page })
}

impl Telemetry {
    /// Sends what is left, but does not wait long for a collector that does not take it. Blocks.
    pub fn end(self) {
        if let Some(page) = self.page {
            page.close();
        }
        // A collector that is away has been told of.
        if let Some(traces) = self.traces {
            let _ = traces.shutdown_with_timeout(FLUSH);
        }
        if let Some(metrics) = self.metrics {
            let _ = metrics.shutdown_with_timeout(FLUSH);
        }
    }
}

fn traces(exporter: Quiet<SpanExporter>, resource: Resource, ratio: f64) -> SdkTracerProvider {
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio)));
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(sampler)
        .with_batch_exporter(exporter);
    let provider = provider.build();
    span::trace_with(provider.tracer("image-service"));
    provider
}

async fn page(address: SocketAddr) -> anyhow::Result<(Shared, Page)> {
    let reader = Shared(Arc::new(ManualReader::builder().build()));
    let page = Page::open(address, reader.clone()).await;
    Ok((reader, page.with_context(|| format!("telemetry.prometheus: cannot listen on {address}"))?))
}

/// Connects when there is something to send, and again after each loss.
fn channel(collector: &Collector) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from(collector.uri().clone()).timeout(TIMEOUT).connect_timeout(CONNECT);
    let endpoint = match collector.is_https() {
        true => endpoint.tls_config(ClientTlsConfig::new().with_native_roots())?,
        false => endpoint,
    };
    Ok(endpoint.connect_lazy())
}

fn resource(settings: &Settings, version: &'static str) -> Resource {
    let attributes = settings.attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let name = std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
    Resource::builder_empty()
        .with_attribute(KeyValue::new("service.name", settings.service_name.clone()))
        .with_attribute(KeyValue::new("service.version", version))
        .with_attribute(KeyValue::new("process.pid", i64::from(std::process::id())))
        .with_attributes(attributes)
        .with_detector(Box::new(EnvResourceDetector::new()))
        .with_attributes(name.map(|name| KeyValue::new("service.name", name)))
        .build()
}
