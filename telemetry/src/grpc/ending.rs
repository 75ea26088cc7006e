//! The end of a call: its code is known, its span ends, its duration is recorded.

use std::time::Instant;

use http::{HeaderMap, Response};
use opentelemetry::{KeyValue, StringValue};

use crate::{Context, Histogram, Span, held::Ending};

const STATUS: &str = "grpc-status";
/// How gRPC numbers them.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];
const CANCELLED: &str = "CANCELLED";
const UNKNOWN: &str = "UNKNOWN";
const UNAVAILABLE: &str = "UNAVAILABLE";

/// Of a call that is under way. One that is dropped before its code is known was given up.
#[derive(Debug)]
pub(super) struct Ends {
    span: Span,
    begun: Instant,
    duration: &'static Histogram,
    service: StringValue,
    method: StringValue,
    code: &'static str,
}

impl Ends {
    pub(super) fn new(
        span: Span,
        duration: &'static Histogram,
        service: StringValue,
        method: StringValue,
    ) -> Self {
        let mut span = span;
        span.set("rpc.system", "grpc");
        span.set("rpc.service", service.clone());
        span.set("rpc.method", method.clone());
        Self { span, begun: Instant::now(), duration, service, method, code: CANCELLED }
    }

    /// The context of what is done for it.
    pub(super) fn within(&self, around: &Context) -> Context {
        self.span.within(around)
    }

    /// Nobody answered.
    pub(super) fn unreached(&mut self) {
        self.code = UNAVAILABLE;
    }

    /// An answer without a body has its code in the head.
    pub(super) fn head<B>(&mut self, answer: &Response<B>) {
        self.trailers(answer.headers());
    }
}

impl Ending for Ends {
    fn trailers(&mut self, trailers: &HeaderMap) {
        if let Some(status) = trailers.get(STATUS) {
            let number = status.to_str().ok().and_then(|status| status.parse::<usize>().ok());
            self.code = number.and_then(|number| CODES.get(number)).unwrap_or(&UNKNOWN);
        }
    }

    fn broke(&mut self) {
        self.code = UNKNOWN;
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.span.set("rpc.grpc.status_code", self.code);
        if self.code != "OK" {
            self.span.fail(self.code);
        }
        let labels = [
            KeyValue::new("rpc.service", self.service.clone()),
            KeyValue::new("rpc.method", self.method.clone()),
            KeyValue::new("rpc.grpc.status_code", self.code),
        ];
        self.duration.record(self.begun.elapsed(), &labels);
    }
}
