//! Reads and transactions as traces and metrics see them: a span and a duration for each. What the service asks of its own accord (whether the
//! database answers, what others have written) is measured, and begins no trace.

use std::time::Instant;

use telemetry::{Histogram, KeyValue, Span};

use crate::error::{Error, Result};

static DURATION: Histogram = Histogram::new(
    "db.client.operation.duration",
    "How long reads and transactions take, the wait for a connection included",
);

/// A read or a transaction. Where nobody wants to know, nothing is done besides.
pub(super) async fn watch<T>(
    engine: &'static str,
    operation: &'static str,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    if !telemetry::is_tracing() && !telemetry::is_counting() {
        return call.await;
    }
    let mut span =
        Span::client_within(operation).with("db.system.name", engine).with("db.operation.name", operation);
    let begun = Instant::now();
    let done = span.around(call).await;
    let mut labels =
        vec![KeyValue::new("db.system.name", engine), KeyValue::new("db.operation.name", operation)];
    if let Some(why) = done.as_ref().err().and_then(fault) {
        span.fail(why);
        labels.push(KeyValue::new("error.type", why));
    }
    DURATION.record(begun.elapsed(), &labels);
    done
}

/// That there is no such image is an answer.
fn fault(error: &Error) -> Option<&'static str> {
    match error.root() {
        Error::StoreUnavailable(_) => Some("unavailable"),
        Error::Internal(_) => Some("internal"),
        _ => None,
    }
}
