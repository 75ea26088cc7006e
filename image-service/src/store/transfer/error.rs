//! Why an export cannot be written or read.

use std::io;

/// Lines are counted from 1, the header's.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// Not what `db export` writes.
    #[error("this is no export of image-service")]
    NotAnExport,
    /// Of another form.
    #[error(
        "this export has form {0}, which this version of image-service does not read: use the version that wrote it, or a newer one"
    )]
    Version(u64),
    /// It has no end.
    #[error(
        "the export breaks off after line {0}: its writing was interrupted, or it was not copied to its end"
    )]
    Truncated(u64),
    /// A line that cannot be taken as it is.
    #[error("line {line} of the export: {why}")]
    Line {
        /// Which.
        line: u64,
        /// One clause.
        why: String,
    },
    /// The end tells of other lines.
    #[error("the lines of the export are not those that were written: it was damaged or altered")]
    Altered,
    /// Something of the state that no import would take.
    #[error("{what}: {why}; `image-service db check` tells what is damaged and what helps")]
    Damaged {
        /// A record's kind and key.
        what: String,
        /// One clause.
        why: String,
    },
    /// From the system.
    #[error("cannot read or write the export: {0}")]
    Io(#[from] io::Error),
}
