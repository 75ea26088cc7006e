//! A Docker API on a Unix socket, answered by the image service.
//!
//! Invariant: no state. Everything that is kept is a rendering that the service confirms for every request.
//! Knows Docker's dialect and nothing of references or registries: names go to the service as they came.

pub mod api_version;
pub mod config;
pub mod engine;
pub mod health;
pub mod router;
pub mod server;
pub mod telemetry_flags;
pub mod upstream;

mod answer;
mod credential;
mod dto;
mod error;
mod event_filters;
mod filters;
mod late_eof;
mod percent;
mod platform;
mod progress;
mod query;
mod render_cache;
mod request_body;
mod routes;
mod service;
mod timestamp;
mod transfer;
mod translate;
mod watch;
