//! The client of registries (OCI distribution-spec; Docker's token authentication): tag to digest, manifests, configs, tags, logins;
//! and blobs, manifests and tags the other way.
//!
//! Invariant: whatever leaves this module was verified against its digest and size, and was read under a cap or as a stream.
//! Invariant: a credential goes to its own registry and to the token endpoint that belongs to it, and nowhere else.
//! Invariant: every address is checked when it is dialled; a registry cannot send this service into its own network.
//! Invariant: `error` is the only place that turns an answer into a domain error, and no error or log has a query or a secret.
//!
//! With a proxy, names would be resolved where the check cannot see it, so no proxy is used.

mod ask;
mod auth;
mod blob;
mod challenge;
mod client;
mod cloud;
mod config_blob;
mod delivery;
mod echo;
mod endpoint;
mod error;
mod error_body;
mod fetch;
mod guard;
mod login;
mod manifest;
mod network;
mod probe;
mod push;
mod quota;
mod rate_limit;
mod realm;
mod redirect;
mod resolve;
mod retry;
mod tags;
mod token;
mod token_answer;
mod token_request;
mod transport;
mod warning;

pub use client::RegistryClient;
pub use network::{Lookup, Network, Timer};
