//! Hashes what is read through it, and hands it on.

use std::io::{self, BufRead, Read};

use bytes::{Buf, Bytes};

use super::{
    digesting::Digesting,
    fault,
    read::{BUFFER, fill},
};
use crate::{model::Digest, ports::LayerSink};

/// Reads in pieces that are never copied again: reader, hash and sink share each.
pub(super) struct Tap<'a, R> {
    input: R,
    sink: Option<&'a mut dyn LayerSink>,
    digesting: Digesting,
    passed: u64,
    /// What is left of the last piece.
    piece: Bytes,
}

impl<'a, R: Read> Tap<'a, R> {
    pub(super) fn new(input: R, sink: Option<&'a mut dyn LayerSink>) -> Self {
        Self { input, sink, digesting: Digesting::new(), passed: 0, piece: Bytes::new() }
    }

    /// Digest and number of the bytes that passed.
    pub(super) fn finish(self) -> io::Result<(Digest, u64)> {
        Ok((self.digesting.finish().map_err(fault::carried)?, self.passed))
    }

    fn next(&mut self) -> io::Result<Bytes> {
        let mut buffer = vec![0; BUFFER];
        let read = fill(&mut self.input, &mut buffer)?;
        buffer.truncate(read);
        let piece = Bytes::from(buffer);
        if !piece.is_empty() {
            self.passed += read as u64;
            self.digesting.update(piece.clone());
            if let Some(sink) = &mut self.sink {
                sink.write(piece.clone()).map_err(fault::carried)?;
            }
        }
        Ok(piece)
    }
}

impl<R: Read> BufRead for Tap<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.piece.is_empty() {
            self.piece = self.next()?;
        }
        Ok(&self.piece)
    }

    fn consume(&mut self, amount: usize) {
        self.piece.advance(amount);
    }
}

impl<R: Read> Read for Tap<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
