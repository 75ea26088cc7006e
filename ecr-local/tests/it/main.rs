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
mod endpoints;
mod faults;
mod garbage;
mod history;
mod hosts;
mod listing;
mod manifests;
mod old;
mod pulling;
mod pushing;
mod quirks;
mod referrers;
mod seeding;
mod stage;
mod starting;
mod uploads;
