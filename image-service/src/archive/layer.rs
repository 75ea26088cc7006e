//! One layer on its way to whoever takes it.

use std::io::{self, Cursor, Read};

use super::{
    compression::Packing,
    fault,
    members::{BLOCK, is_header},
    meter::Meter,
    read::exhaust,
    tap::Tap,
};
use crate::{
    error::Result,
    model::Digest,
    ports::{Compression, LayerIntake, LayerSink, OfferedLayer, ReadLayer},
};

/// How a file that looked like a layer came through.
pub(super) enum Passed {
    /// Whole.
    Layer(ReadLayer),
    /// It cannot be decompressed, which is no harm if no image needs it.
    Damaged(String),
}

/// A file that may be a layer.
pub(super) struct Candidate<'a, R> {
    pub(super) promised: Option<Digest>,
    /// Its first bytes.
    pub(super) head: Vec<u8>,
    /// The others.
    pub(super) rest: &'a mut R,
    /// Of the file.
    pub(super) size: u64,
}

/// Whether a file that begins so may be a layer: a tar, an empty tar, or something compressed.
pub(super) fn may_be_layer(head: &[u8]) -> bool {
    let block = head.first_chunk::<BLOCK>();
    let is_tar = block.is_some_and(|block| is_header(block) || block.iter().all(|byte| *byte == 0));
    is_tar || Packing::of(head) != Packing::Plain
}

impl<R: Read> Candidate<'_, R> {
    /// Reads it to its end and hands it on, unless it is recognised.
    pub(super) fn pass(self, meter: &Meter, intake: &mut dyn LayerIntake) -> Result<Passed> {
        let packing = Packing::of(&self.head);
        let compression = packing.handed_on();
        let as_it_is = packing == Packing::Plain || compression != Compression::None;
        let offered =
            OfferedLayer { promised: self.promised, size: as_it_is.then_some(self.size), compression };
        if packing == Packing::Plain
            && let Some(layer) = intake.recognise(&offered)?
        {
            return Ok(Passed::Layer(layer));
        }
        let mut sink = intake.begin(&offered)?;
        let content = Cursor::new(self.head).chain(Outer(self.rest));
        let passed = match compression {
            Compression::None => decompressed(content, packing, meter, &mut *sink),
            Compression::Gzip | Compression::Zstd => compressed(content, packing, meter, &mut *sink),
        };
        match passed {
            Ok(layer) => {
                sink.finish(&layer)?;
                Ok(Passed::Layer(layer))
            }
            Err(error) => fault::own(error).map(Passed::Damaged),
        }
    }
}

fn decompressed(
    content: impl Read,
    packing: Packing,
    meter: &Meter,
    sink: &mut dyn LayerSink,
) -> io::Result<ReadLayer> {
    let (raw, gauge) = meter.stream(packing.buffered(content));
    let mut tap = Tap::new(gauge.content(packing.decode(raw)?, packing), Some(sink));
    exhaust(&mut tap)?;
    let (digest, size) = tap.finish()?;
    let (diff_id, compression) = (digest.clone(), Compression::None);
    Ok(ReadLayer { diff_id, uncompressed_size: size, digest, size, compression })
}

/// The decoder runs for the diff ID alone.
fn compressed(
    content: impl Read,
    packing: Packing,
    meter: &Meter,
    sink: &mut dyn LayerSink,
) -> io::Result<ReadLayer> {
    let mut handed_on = Tap::new(content, Some(sink));
    let (raw, gauge) = meter.stream(&mut handed_on);
    let mut plain = Tap::new(gauge.content(packing.decode(raw)?, packing), None);
    exhaust(&mut plain)?;
    let (diff_id, uncompressed_size) = plain.finish()?;
    exhaust(&mut handed_on)?;
    let (digest, size) = handed_on.finish()?;
    Ok(ReadLayer { diff_id, uncompressed_size, digest, size, compression: packing.handed_on() })
}

/// What is wrong with the archive around a layer is not the layer's fault.
struct Outer<'a, R>(&'a mut R);

impl<R: Read> Read for Outer<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => fault::carried(fault::unpacking(error)),
        })
    }
}
