//! Reading in large pieces.

use std::io::{self, BufRead, Read};

/// Of every buffer that content passes through: smaller ones cost decoders speed, larger ones gain nothing.
pub(super) const BUFFER: usize = 256 << 10;

/// Reads until the buffer is full or the input at its end; how many bytes that were.
pub(super) fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(free) = buffer.get_mut(filled..).filter(|free| !free.is_empty()) {
        match input.read(free) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads everything that is left, for what happens on the way.
pub(super) fn exhaust(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        match input.fill_buf() {
            Ok([]) => return Ok(()),
            Ok(piece) => {
                let read = piece.len();
                input.consume(read);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
