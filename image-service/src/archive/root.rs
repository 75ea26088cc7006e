//! The tar of a root file system: one layer.

use std::io::Read;

use super::{
    Limits, compression::decoded, fault, input::Input, members::Members, meter::Meter, read::exhaust,
    tap::Tap,
};
use crate::{
    error::Result,
    ports::{Compression, LayerIntake, OfferedLayer, ReadLayer},
};

/// Reads it and hands it on without compression, whatever it came with: the same files are then the same layer, and the same blob, however
/// they were packed, and what is staged depends on no foreign encoder. It is proven to be a tar to its end.
pub(super) fn layer(
    input: &mut (dyn Read + Send),
    limits: Limits,
    intake: &mut dyn LayerIntake,
) -> Result<ReadLayer> {
    let mut input = Input(input);
    let meter = Meter::new(limits);
    let stream = decoded(&mut input, &meter).map_err(fault::applying)?;
    let compression = Compression::None;
    let mut sink = intake.begin(&OfferedLayer { promised: None, size: None, compression })?;
    let mut tap = Tap::new(stream, Some(&mut *sink));
    {
        let mut members = Members::new(&mut tap, limits);
        while members.next().map_err(fault::applying)?.is_some() {}
    }
    exhaust(&mut tap).map_err(fault::applying)?;
    let (digest, size) = tap.finish().map_err(fault::applying)?;
    if size == 0 {
        return Err(fault::applying(std::io::ErrorKind::UnexpectedEof.into()));
    }
    let layer = ReadLayer { diff_id: digest.clone(), uncompressed_size: size, digest, size, compression };
    sink.finish(&layer)?;
    Ok(layer)
}
