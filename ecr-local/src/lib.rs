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
//!
//! It stands in for ECR in tests: it fails when told to, and tells what it was asked.
//!
//! ```no_run
//! # async fn run() -> Result<(), ecr_local::StartError> {
//! use ecr_local::{EcrLocal, Effect, Failure, Filter, Rule, When};
//!
//! let throttled = Rule::new(Effect::Error(Failure::new("ThrottlingException")));
//! let throttled = throttled.operation("PutImage").when(When::First(2));
//! let registry = EcrLocal::builder("data").fault(throttled).start().await?;
//! // ...
//! assert_eq!(registry.history().find(&Filter::operation("PutImage")).len(), 3);
//! # Ok(())
//! # }
//! ```

#![cfg_attr(
    not(feature = "pull-through"),
    allow(dead_code, reason = "without a client there is less to do for it")
)]

mod admin;
mod auth;
mod blobs;
mod builder;
#[cfg(feature = "cassette")]
pub mod cassette;
mod clock;
mod control;
mod data;
mod durability;
mod exchange;
mod faults;
mod folder;
mod front;
mod garbage;
mod history;
mod lifecycle;
mod manifest;
mod model;
mod policy;
mod pull_through;
mod quirks;
mod replication;
mod scan_script;
mod scanning;
mod seed;
mod server;
mod settings;
mod simulation;
mod start_error;
mod state;
mod store;
mod wire;

pub use auth::Challenge;
pub use builder::{Builder, EcrLocal};
pub use clock::Clock;
pub use durability::Durability;
pub use faults::{Effect, Failure, Faults, Pace, Rule, SetRule, Throttle, When};
pub use garbage::Collected;
pub use history::{Entry, Filter, History, Page};
pub use model::Plane;
pub use pull_through::UpstreamSecret;
pub use quirks::{Quirk, UnknownQuirk};
pub use scan_script::{ScanScript, ScriptError};
pub use scanning::{BasicScanVersion, ScanOutcome, ScanStatus};
pub use seed::{Seed, SeedBlob, SeedError, SeedImage, SeedRepository, SeedSetting, SeedUpload};
pub use server::Running;
pub use simulation::AdminAccess;
pub use start_error::StartError;
