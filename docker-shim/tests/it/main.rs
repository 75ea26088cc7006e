//! Black-box tests: a real shim on a real socket, and behind it a real gRPC server with answers that the image service cannot be made to
//! give on demand: broken ones, late ones, none at all.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

mod canned;
mod client;
mod stage;

mod connections;
mod docker_commands;
mod e2e;
mod errors;
mod framing;
mod importing;
mod inspecting;
mod limits;
mod load_bodies;
mod loading;
mod pulling;
mod pushing;
mod registries;
mod restarting;
mod saving;
mod uploads;
