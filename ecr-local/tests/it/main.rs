//! The local registry as its clients see it: over HTTP, with real clients, and after a crash.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod admin;
mod auth;
mod cassettes;
mod clients;
mod connections;
mod control;
mod deleting;
mod durability;
mod ecs;
mod endpoints;
mod faults;
mod garbage;
mod history;
mod hosts;
mod listing;
mod manifests;
mod old;
mod public;
mod pulling;
mod pushing;
mod quirks;
mod referrers;
mod seeding;
mod seeding_whole;
mod stage;
mod starting;
mod sts;
mod uploads;
mod upstream;
