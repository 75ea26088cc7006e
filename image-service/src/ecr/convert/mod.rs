//! From AWS's types to the messages of `ecr.v1`, and nothing else. What AWS leaves out stays empty; what is newer than the protocol becomes UNKNOWN.

pub(super) mod images;
pub(super) mod inspector;
pub(super) mod lifecycle;
pub(super) mod manifests;
pub(super) mod public;
pub(super) mod referrers;
pub(super) mod replication;
pub(super) mod repositories;
pub(super) mod scans;

use aws_smithy_types::DateTime;
use prost_types::Timestamp;

pub(super) fn timestamp(time: DateTime) -> Timestamp {
    // Fewer than 10^9.
    Timestamp { seconds: time.secs(), nanos: i32::try_from(time.subsec_nanos()).unwrap_or_default() }
}

/// A size below zero is none.
fn size(bytes: Option<i64>) -> u64 {
    bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default()
}
