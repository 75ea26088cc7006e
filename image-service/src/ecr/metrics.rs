//! What is counted of AWS, kept in the process until somebody reads it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::ports::{Labels, Metrics};

/// Images that were listed, described, put or deleted, by operation.
pub const IMAGES: &str = "ecr.images";
/// Scans that were started or asked about, by operation.
pub const SCANS: &str = "ecr.scans";
/// How long calls took with all their attempts, by operation and outcome.
pub const LATENCY: &str = "ecr.latency";
/// Calls, by operation and outcome: `ok`, or a reason.
pub const CALLS: &str = "ecr.calls";
/// Attempts after the first, by operation.
pub const RETRIES: &str = "ecr.retries";

/// Upper bounds of the buckets of a histogram, in milliseconds; there is one more without a bound.
pub const BOUNDS: [u64; 10] = [10, 25, 50, 100, 250, 500, 1000, 2500, 10_000, 30_000];

/// A name and its labels.
pub type Series = (&'static str, Vec<(&'static str, &'static str)>);

/// One series as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Measured {
    /// A counter.
    Count(u64),
    /// A histogram.
    Times {
        /// How many.
        count: u64,
        /// All together.
        sum: Duration,
        /// How many in each bucket.
        buckets: [u64; BOUNDS.len() + 1],
    },
}

/// Counters and histograms in memory.
#[derive(Debug, Default)]
pub struct KeptMetrics(Mutex<BTreeMap<Series, Measured>>);

impl KeptMetrics {
    /// Everything as it stands.
    #[must_use]
    pub fn read(&self) -> BTreeMap<Series, Measured> {
        self.kept().clone()
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<Series, Measured>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Metrics for KeptMetrics {
    fn add(&self, counter: &'static str, labels: &Labels, by: u64) {
        if let Measured::Count(count) =
            self.kept().entry((counter, labels.to_vec())).or_insert(Measured::Count(0))
        {
            *count = count.saturating_add(by);
        }
    }

    fn record(&self, histogram: &'static str, labels: &Labels, took: Duration) {
        let none = Measured::Times { count: 0, sum: Duration::ZERO, buckets: Default::default() };
        let mut kept = self.kept();
        if let Measured::Times { count, sum, buckets } =
            kept.entry((histogram, labels.to_vec())).or_insert(none)
        {
            *count += 1;
            *sum = sum.saturating_add(took);
            let at = BOUNDS.iter().position(|bound| took.as_millis() <= u128::from(*bound));
            if let Some(bucket) = buckets.get_mut(at.unwrap_or(BOUNDS.len())) {
                *bucket += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_and_times_fall_into_buckets() {
        let metrics = KeptMetrics::default();
        let labels = [("operation", "ListImages")];
        metrics.add(IMAGES, &labels, 2);
        metrics.add(IMAGES, &labels, 3);
        metrics.record(LATENCY, &labels, Duration::from_millis(10));
        metrics.record(LATENCY, &labels, Duration::from_secs(60));
        let read = metrics.read();
        assert_eq!(read[&(IMAGES, labels.to_vec())], Measured::Count(5));
        let Measured::Times { count, buckets, .. } = &read[&(LATENCY, labels.to_vec())] else { panic!() };
        assert_eq!((*count, buckets[0], buckets[BOUNDS.len()]), (2, 1, 1));
    }
}
