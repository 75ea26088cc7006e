//! The local registry as its clients see it: over HTTP, with real clients, and after a crash.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod auth;
mod clients;
mod connections;
mod control;
mod deleting;
mod durability;
mod ecs;
mod endpoints;
mod garbage;
mod hosts;
mod listing;
mod manifests;
mod public;
mod pulling;
mod pushing;
mod referrers;
mod stage;
mod starting;
mod sts;
mod uploads;
mod upstream;
