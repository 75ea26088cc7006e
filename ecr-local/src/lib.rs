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
mod scan_script;
mod scanning;
mod server;
mod settings;
mod start_error;
mod state;
mod store;
mod wire;

pub use auth::Challenge;
pub use builder::{Builder, EcrLocal};
pub use clock::Clock;
pub use garbage::Collected;
pub use scan_script::{ScanScript, ScriptError};
pub use scanning::{BasicScanVersion, ScanOutcome, ScanStatus};
pub use server::Running;
pub use start_error::StartError;
