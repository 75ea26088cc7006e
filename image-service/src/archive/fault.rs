//! From what a reader says to what a user reads.
//!
//! Everything here is read through `io::Read`, and so an error of ours travels inside an `io::Error`: that of a client who left, of a layer
//! that could not be staged, of a limit. Whatever carries none is the archive's own fault.

use std::io;

use crate::error::{Error, Result};

/// Characters of an error's text, which travels in a header.
const LONGEST: usize = 1024;

/// An error of ours on its way through a reader.
pub(super) fn carried(error: Error) -> io::Error {
    io::Error::other(error)
}

/// A limit that was exceeded, on its way through a reader.
pub(super) fn exceeded(text: &str) -> io::Error {
    carried(refused(text))
}

/// An archive that cannot be used. What it says itself is shown, but neither at any length nor with what moves a cursor.
pub(super) fn refused(text: &str) -> Error {
    let shown = text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c });
    Error::Archive(shown.take(LONGEST).collect())
}

/// Takes out the error of ours; what is left is the archive's fault, in the words of Go's readers.
pub(super) fn own(error: io::Error) -> Result<String> {
    match error.downcast::<Error>() {
        Ok(error) => Err(error),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok("unexpected EOF".to_owned()),
        Err(error) => Ok(error.to_string()),
    }
}

/// What dockerd says when it cannot unpack an archive, and what to do about it.
pub(super) fn unpacking(error: io::Error) -> Error {
    match own(error) {
        Ok(why) => refused(&format!(
            "Error processing tar file(exit status 1): {why}: the archive is damaged or incomplete, save or download it again"
        )),
        Err(error) => error,
    }
}

/// What dockerd says when it cannot unpack a root file system.
pub(super) fn applying(error: io::Error) -> Error {
    match own(error) {
        Ok(why) => refused(&format!("ApplyLayer exit status 1 stdout:  stderr: {why}")),
        Err(error) => error,
    }
}

/// Something that an archive says and that cannot be.
pub(super) fn invalid(why: impl std::fmt::Display) -> Error {
    refused(&format!("invalid archive: {why}"))
}
