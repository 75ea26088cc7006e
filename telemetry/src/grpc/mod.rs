//! gRPC calls, at both ends: the context goes along as metadata, each call is a span, and its duration is measured by method and code.

mod client;
mod ending;
mod server;

pub use client::Asking;
pub use server::{Answering, Known};

use ending::Ends;

/// `package.Service` and `Method` of a path.
fn split(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix('/')?
        .split_once('/')
        .filter(|(service, method)| !service.is_empty() && !method.is_empty())
}
