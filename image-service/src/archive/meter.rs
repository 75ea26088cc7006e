//! Counts what compressed streams become, so that none becomes more than is agreed.

use std::{
    cell::Cell,
    io::{self, BufRead, Read},
    rc::Rc,
};

use super::{Limits, compression::Packing, fault};

/// Counts for one archive.
#[derive(Clone)]
pub(super) struct Meter {
    limits: Limits,
    decompressed: Rc<Cell<u64>>,
}

/// Between the two ends of one decoder.
pub(super) struct Gauge {
    meter: Meter,
    consumed: Rc<Cell<u64>>,
}

/// The end that goes into a decoder.
pub(super) struct Raw<R> {
    input: R,
    consumed: Rc<Cell<u64>>,
}

/// The end that comes out of it.
pub(super) struct Content<R> {
    input: R,
    gauge: Gauge,
    packing: Packing,
    yielded: u64,
}

impl Meter {
    /// Nothing has passed yet.
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, decompressed: Rc::default() }
    }

    /// A stream that is about to be decoded.
    pub(super) fn stream<R: BufRead>(&self, input: R) -> (Raw<R>, Gauge) {
        let consumed = Rc::default();
        (Raw { input, consumed: Rc::clone(&consumed) }, Gauge { meter: self.clone(), consumed })
    }
}

impl Gauge {
    /// What came of the stream.
    pub(super) fn content<R: Read>(self, input: R, packing: Packing) -> Content<R> {
        Content { input, gauge: self, packing, yielded: 0 }
    }

    fn check(&self, packing: Packing, yielded: u64, more: u64) -> io::Result<()> {
        let Limits { decompressed, expansion, ratio, .. } = self.meter.limits;
        let total = self.meter.decompressed.get().saturating_add(more);
        self.meter.decompressed.set(total);
        if total > decompressed {
            return Err(fault::exceeded(&format!(
                "the archive is larger than the limit of {decompressed} bytes after decompression"
            )));
        }
        let allowed = self.consumed.get().saturating_mul(ratio).saturating_add(expansion);
        if packing != Packing::Plain && yielded > allowed {
            return Err(fault::exceeded(&format!(
                "the archive has a compressed stream that grows beyond the limit of {ratio} times its size and {expansion} bytes"
            )));
        }
        Ok(())
    }
}

impl<R: Read> Read for Raw<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.consumed.set(self.consumed.get().saturating_add(read as u64));
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Raw<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.consumed.set(self.consumed.get().saturating_add(amount as u64));
        self.input.consume(amount);
    }
}

impl<R: Read> Read for Content<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.yielded = self.yielded.saturating_add(read as u64);
        self.gauge.check(self.packing, self.yielded, read as u64)?;
        Ok(read)
    }
}
