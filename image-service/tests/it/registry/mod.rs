//! The registry client against a scripted registry.

mod auth;
mod content;
mod errors;
mod guard;
mod limits;
mod login;
mod mirrors;
mod platform;
mod probe;
mod push;
mod redirect;
mod tags;
mod tls;
mod token;
mod world;
