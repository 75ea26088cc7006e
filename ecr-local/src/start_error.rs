//! Why a registry does not start.

use std::{io, path::PathBuf};

use crate::{scan_script::ScriptError, seed::SeedError};

/// Why a registry does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder or a file in it.
    #[error("cannot use the data folder {}: {cause}", folder.display())]
    Folder {
        /// As configured.
        folder: PathBuf,
        /// What went wrong.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process has it, or another registry of this one.
    #[error("the data folder {} is in use: stop what uses it, or take another folder", folder.display())]
    InUse {
        /// As configured.
        folder: PathBuf,
    },
    /// The address cannot be had.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// As configured.
        address: String,
        /// From the system.
        cause: io::Error,
    },
    /// Where an upstream registry is said to be is no address.
    #[error("the upstream endpoint of {host} is not http://HOST:PORT or https://HOST:PORT")]
    Endpoint {
        /// As configured.
        host: String,
    },
    /// A setting that cannot be taken.
    #[error("cannot take {setting}: {why}")]
    Setting {
        /// Its value, or a part of it.
        setting: String,
        /// What is wrong with it.
        why: String,
    },
    /// What scans come to is not said in a way that could be told.
    #[error(transparent)]
    ScanScript(#[from] ScriptError),
    /// Other machines would reach a registry that lets everyone do everything.
    #[error(
        "other machines reach {address}, so it needs users, unless it is said that anyone may do anything"
    )]
    Unprotected {
        /// As configured.
        address: String,
    },
    /// What it should hold from the start.
    #[error(transparent)]
    Seed(#[from] SeedError),
}
