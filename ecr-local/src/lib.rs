//! A local container registry: OCI distribution v2 over content-addressed files, with its state in an embedded database.
//!
//! Everything is in one data folder, which one process owns. Several registries can run in one process, each with its folder.
//!
//! ```no_run
//! # async fn run() -> Result<(), ecr_local::StartError> {
//! let registry = ecr_local::EcrLocal::builder("data").listen("127.0.0.1:0").start().await?;
//! println!("docker push {}/team/app", registry.address());
//! registry.shutdown().await;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(
    not(feature = "pull-through"),
    allow(dead_code, reason = "without a client there is less to do for it")
)]

mod auth;
mod blobs;
mod builder;
mod clock;
mod control;
mod data;
mod folder;
mod front;
mod garbage;
mod lifecycle;
mod manifest;
mod model;
mod patience;
mod policy;
mod pull_through;
mod replication;
mod scan_script;
mod scanning;
mod server;
mod settings;
mod state;
mod store;
mod wire;

pub use auth::Challenge;
pub use builder::{Builder, EcrLocal, StartError};
pub use clock::Clock;
pub use garbage::Collected;
pub use pull_through::UpstreamSecret;
pub use scan_script::{ScanScript, ScriptError};
pub use scanning::{BasicScanVersion, ScanOutcome, ScanStatus};
pub use server::Running;
