//! The stream of a client.

use std::io::{self, Read};

use super::fault;
use crate::error::Error;

/// Marks what goes wrong with the stream as no fault of the archive.
pub(super) struct Input<'a>(pub(super) &'a mut (dyn Read + Send));

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| {
            let known = error.get_ref().is_some_and(|inner| inner.is::<Error>());
            if known || error.kind() == io::ErrorKind::Interrupted {
                return error;
            }
            fault::carried(Error::internal(error))
        })
    }
}
