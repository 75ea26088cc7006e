//! Logs, traces and metrics of both programs.
//!
//! A request has a `Context`: its ID, and the span that it is in. It goes along with the work, from task to task and, in headers, from program to
//! program; log lines are marked with it. Spans and metrics exist only where somebody configured who gets them.
//!
//! Invariant: nothing here blocks a request or fails one, whatever becomes of a collector.
//! Invariant: only what is named as a span, an attribute or a metric leaves the process. Log lines and what libraries trace do not.

mod collector;
mod context;
mod export;
pub mod grpc;
mod headers;
mod held;
mod hosts;
pub mod logs;
mod metric;
mod process;
mod prometheus;
mod request_ids;
mod settings;
mod span;
mod start;

pub use collector::Collector;
pub use context::Context;
pub use held::{Ending, Held};
pub use hosts::Hosts;
pub use metric::{Counter, Histogram, Reading, SECONDS, is_counting, observe};
pub use opentelemetry::{KeyValue, Value};
pub use request_ids::RequestIds;
pub use settings::Settings;
pub use span::{Span, is_tracing};
pub use start::{Telemetry, start};
