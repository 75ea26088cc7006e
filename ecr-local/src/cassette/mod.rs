//! Cassettes: what a server answered, recorded by a proxy in front of it, served again without it, and held against what it answers today.
//!
//! A cassette is a file of JSON lines. The first is `{"cassette": "ecr-local", "version": 1, "upstream": "https://…"}`; every other one is an
//! interaction:
//!
//! ```json
//! {"request": {"method": "POST", "target": "/", "operation": "AmazonEC2ContainerRegistry_V20150921.ListImages", "scope": "eu-west-1/ecr",
//!              "headers": [["content-type", "application/x-amz-json-1.1"]], "body": {"text": "{\"repositoryName\":\"app\"}"}},
//!  "response": {"status": 200, "headers": [], "body": {"text": "{\"imageIds\":[]}"}}}
//! ```
//!
//! A body is `"empty"`, a `text`, or a `file` (`{"digest": "sha256:…", "size": 1}`) by its digest in the folder `FILE.bodies`. Documents are
//! written with their members in order, so that equal ones are equal texts.
//!
//! Addresses on other hosts, to which an answer sends its client (redirects of blobs, `downloadUrl`, token servers), become `/_through/N` (`/_through/blob/N` for content): the
//! proxy goes there itself, so that a cassette is complete.
//!
//! Invariants: no credential is in a cassette: `redact` says what is left out by its name, `secrets` leaves it out by its value. Bodies go through files, whatever their size.

mod bodies;
mod compare;
mod difference;
mod file;
mod interaction;
mod record;
mod redact;
mod replay;
mod secrets;
mod serving;
mod substitutes;
mod through;
mod upstream;

pub use compare::{Comparison, compare};
pub use record::record;
pub use replay::{Mode, replay};
pub use serving::Serving;

use std::{io, path::PathBuf};

/// Why a cassette cannot be made or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CassetteError {
    /// A file or a folder.
    #[error("cannot use {}: {cause}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// From the system.
        cause: io::Error,
    },
    /// A line that is none.
    #[error("{} line {line}: {why}", path.display())]
    Line {
        /// The cassette.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The address cannot be had.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// As it was given.
        address: String,
        /// From the system.
        cause: io::Error,
    },
    /// What is not the address of a server.
    #[error("{0:?} is no http or https URL of a server")]
    Upstream(String),
    /// The server does not answer.
    #[error("{0} does not answer")]
    Unreachable(String),
}
