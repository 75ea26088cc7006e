//! Counting: adapters count, whoever watches the service reads.

use std::time::Duration;

/// What tells the counts of one name apart; values come from closed lists, so that there are never many.
pub type Labels = [(&'static str, &'static str)];

/// Counters and histograms.
pub trait Metrics: Send + Sync + std::fmt::Debug {
    /// Adds to a counter.
    fn add(&self, counter: &'static str, labels: &Labels, by: u64);

    /// Records how long something took.
    fn record(&self, histogram: &'static str, labels: &Labels, took: Duration);
}
