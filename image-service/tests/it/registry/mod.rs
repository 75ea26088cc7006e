//! The registry client against a scripted registry.

mod auth;
mod content;
mod errors;
mod guard;
mod limits;
mod mirrors;
mod platform;
mod probe;
mod redirect;
mod tags;
mod tls;
mod world;
