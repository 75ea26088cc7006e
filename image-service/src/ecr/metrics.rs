//! What is counted of AWS.

use telemetry::{Counter, Histogram};

/// Images that were listed, described, put or deleted, by operation.
pub(super) static IMAGES: Counter =
    Counter::new("ecr.images", "{image}", "Images that were listed, described, put or deleted");
/// Scans that were started or asked about, by operation.
pub(super) static SCANS: Counter =
    Counter::new("ecr.scans", "{scan}", "Scans that were started or asked about");
/// How long calls took with all their attempts, by operation and outcome: `ok`, or a reason.
pub(super) static LATENCY: Histogram =
    Histogram::new("ecr.latency", "How long calls of AWS take, with all their attempts");
/// Attempts after the first, by operation.
pub(super) static RETRIES: Counter = Counter::new("ecr.retries", "{attempt}", "Attempts after the first");
/// Passwords for registries, by outcome.
pub(super) static TOKENS: Counter =
    Counter::new("ecr.token.refreshes", "{password}", "Passwords for registries that were asked for");
