//! Metrics: each a static that is made when it is first used, and does nothing as long as nobody reads.
//!
//! Names and units follow OpenTelemetry's conventions. Labels come from closed lists, or through `Hosts`.

use std::{sync::OnceLock, time::Duration};

use opentelemetry::{KeyValue, metrics as api};

/// Upper bounds of the buckets of durations, in seconds: those of OpenTelemetry's conventions, and longer ones for pulls and loads.
pub const SECONDS: &[f64] =
    &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

static METER: OnceLock<api::Meter> = OnceLock::new();

/// Whether anybody reads. Where labels cost more than this question, ask first.
#[must_use]
pub fn is_counting() -> bool {
    METER.get().is_some()
}

pub(crate) fn count_with(meter: api::Meter) {
    // There is one in a process; the first stays.
    let _ = METER.set(meter);
}

/// What a metric is called, what it is counted in, and what it means.
#[derive(Debug)]
struct Named {
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
}

/// How often, or how much: only grows.
#[derive(Debug)]
pub struct Counter(Named, OnceLock<api::Counter<u64>>);

impl Counter {
    /// `unit` as UCUM has it: `By`, `{image}`.
    #[must_use]
    pub const fn new(name: &'static str, unit: &'static str, meaning: &'static str) -> Self {
        Self(Named { name, unit, meaning }, OnceLock::new())
    }

    /// Adds to it.
    pub fn add(&self, by: u64, labels: &[KeyValue]) {
        let Some(meter) = METER.get() else { return };
        let Named { name, unit, meaning } = self.0;
        let make = || meter.u64_counter(name).with_unit(unit).with_description(meaning).build();
        self.1.get_or_init(make).add(by, labels);
    }
}

/// How long something takes, in seconds.
#[derive(Debug)]
pub struct Histogram(Named, OnceLock<api::Histogram<f64>>);

impl Histogram {
    /// With the buckets of `SECONDS`.
    #[must_use]
    pub const fn new(name: &'static str, meaning: &'static str) -> Self {
        Self(Named { name, unit: "s", meaning }, OnceLock::new())
    }

    /// Records one duration.
    pub fn record(&self, took: Duration, labels: &[KeyValue]) {
        let Some(meter) = METER.get() else { return };
        let Named { name, unit, meaning } = self.0;
        let make = || {
            let histogram = meter.f64_histogram(name).with_unit(unit).with_description(meaning);
            histogram.with_boundaries(SECONDS.to_vec()).build()
        };
        self.1.get_or_init(make).record(took.as_secs_f64(), labels);
    }
}

/// What `observe` reads: a value, and its labels.
pub type Reading = (f64, Vec<KeyValue>);

/// A metric that is read when somebody wants it. `grows`: it is a count, and not how much there is now.
pub fn observe(
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
    grows: bool,
    read: impl Fn() -> Vec<Reading> + Send + Sync + 'static,
) {
    let Some(meter) = METER.get() else { return };
    let tell = move |observer: &dyn api::AsyncInstrument<f64>| {
        for (value, labels) in read() {
            observer.observe(value, &labels);
        }
    };
    // The meter keeps what it reads with.
    if grows {
        let counter = meter.f64_observable_counter(name).with_unit(unit).with_description(meaning);
        let _ = counter.with_callback(tell).build();
    } else {
        let gauge = meter.f64_observable_gauge(name).with_unit(unit).with_description(meaning);
        let _ = gauge.with_callback(tell).build();
    }
}
