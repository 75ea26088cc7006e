//! Reading in large pieces.

use std::io::{self, Read};

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

/// Gives everything that is left to `take`, piece by piece; how many bytes that were.
pub(super) fn each(input: &mut impl Read, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<u64> {
    let mut buffer = vec![0; BUFFER];
    let mut passed = 0;
    loop {
        let read = fill(input, &mut buffer)?;
        let piece = buffer.get(..read).unwrap_or_default();
        if piece.is_empty() {
            return Ok(passed);
        }
        take(piece)?;
        passed += read as u64;
    }
}
