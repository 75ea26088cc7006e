//! Both binaries, driven by the programs that people use, against real registries.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod authorized;
mod bad_archives;
mod beside_dockerd;
mod crash;
mod docker_cli;
mod docker_cli_private;
mod docker_py;
mod events;
mod grpc;
mod importing;
mod leaving;
mod loading;
mod over_tcp;
mod pushing;
mod runner;
mod saving;
mod scripts;
mod shared_database;
mod staged;
mod staged_in_dockerd;
mod staging_crash;
mod staging_elsewhere;
mod telemetry;
mod upstream_requests;
