//! The image service as its users see it: real parts, loopback only.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod archive;
mod database_at_start;
mod database_commands;
mod deploy;
mod draining;
mod ecr;
mod ecr_services;
mod import_beside_dockerd;
mod keys;
mod layering;
mod listener;
mod process;
mod pulling;
mod registry;
mod similarity;
mod store;
mod telling_events;
mod tenants;
