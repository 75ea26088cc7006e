//! The image service: what is left of Docker images when no engine runs them.
//!
//! Imports point down this list, never up: `app`, `grpc`, `health`, `client`, `ops`, the adapters `store`, `registry`, `archive`, `staging`, `ecr`, `embedding` and
//! `secrets` (which never see each other), `config`, `ports`, `error`, `model`.

#![allow(clippy::duplicate_mod, reason = "the store above its engines is compiled once for each of them")]

pub mod app;
pub mod archive;
pub mod client;
pub mod config;
pub mod ecr;
#[cfg(feature = "embedded-staging")]
mod embedded_registry;
pub mod embedding;
pub mod error;
pub mod grpc;
pub mod health;
pub mod model;
pub mod ops;
pub mod ports;
pub mod registry;
pub mod secrets;
pub mod staging;
pub mod store;
