//! Exporters that complain seldom: a collector that is away is told of once in a while, and that it is back.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    metrics::{Temporality, data::ResourceMetrics, exporter::PushMetricExporter},
    trace::{SpanData, SpanExporter},
};

/// Between two warnings.
const QUIET: Duration = Duration::from_secs(60);

/// An exporter, and what was said of its failures.
#[derive(Debug)]
pub(crate) struct Quiet<E> {
    inner: E,
    trouble: Arc<Trouble>,
}

/// How it goes with one collector.
#[derive(Debug, Default)]
pub(crate) struct Trouble(Mutex<Failing>);

#[derive(Debug, Default)]
struct Failing {
    since_success: u64,
    warned: Option<Instant>,
}

#[derive(PartialEq, Eq, Debug)]
enum Word {
    None,
    Failing(u64),
    Back,
}

impl<E> Quiet<E> {
    pub(crate) fn new(inner: E, trouble: Arc<Trouble>) -> Self {
        Self { inner, trouble }
    }
}

impl Trouble {
    fn note(&self, outcome: &OTelSdkResult) {
        let said =
            self.0.lock().unwrap_or_else(PoisonError::into_inner).word(outcome.is_err(), Instant::now());
        match (said, outcome) {
            (Word::Failing(times), Err(error)) => {
                tracing::warn!(times, "traces or metrics did not reach their collector: {error}");
            }
            (Word::Back, _) => tracing::info!("traces and metrics reach their collector again"),
            _ => {}
        }
    }
}

impl Failing {
    fn word(&mut self, failed: bool, now: Instant) -> Word {
        if !failed {
            let was = std::mem::take(self);
            return if was.warned.is_some() { Word::Back } else { Word::None };
        }
        self.since_success += 1;
        if self.warned.is_some_and(|warned| now < warned + QUIET) {
            return Word::None;
        }
        self.warned = Some(now);
        Word::Failing(self.since_success)
    }
}

impl<E: SpanExporter> SpanExporter for Quiet<E> {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        let sent = self.inner.export(batch);
        async move {
            let outcome = sent.await;
            self.trouble.note(&outcome);
            outcome
        }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Quiet<E> {
    fn export(&self, metrics: &ResourceMetrics) -> impl Future<Output = OTelSdkResult> + Send {
        let sent = self.inner.export(metrics);
        async move {
            let outcome = sent.await;
            self.trouble.note(&outcome);
            outcome
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.inner.temporality()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_that_is_away_is_told_of_once_a_minute_and_when_it_is_back() {
        let (mut failing, begun) = (Failing::default(), Instant::now());
        let mut after = |seconds, failed| failing.word(failed, begun + Duration::from_secs(seconds));
        assert_eq!(after(0, false), Word::None);
        assert_eq!(after(1, true), Word::Failing(1));
        assert_eq!(after(6, true), Word::None);
        assert_eq!(after(61, true), Word::Failing(3));
        assert_eq!(after(62, false), Word::Back);
        assert_eq!(after(63, false), Word::None);
    }
}
