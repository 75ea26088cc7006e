//! Writing an export.

use std::io::Write;

use zstd::stream::write::Encoder;

use super::{LONGEST_LINE, Record, TransferError, Transferred, record::End};
use crate::model::Hasher;

/// Of zstd: what is often written and seldom read should cost little.
const LEVEL: i32 = 3;

/// Takes records in their order.
pub(in crate::store) struct ExportWriter<'a> {
    to: Encoder<'static, &'a mut dyn Write>,
    hasher: Hasher,
    lines: u64,
    written: Transferred,
}

impl<'a> ExportWriter<'a> {
    pub(in crate::store) fn new(to: &'a mut dyn Write) -> Result<Self, TransferError> {
        let (to, hasher) = (Encoder::new(to, LEVEL)?, Hasher::sha256());
        Ok(Self { to, hasher, lines: 0, written: Transferred::default() })
    }

    /// A record that no import would take is an error: an export that cannot be imported is none.
    pub(in crate::store) fn write(&mut self, record: &Record) -> Result<(), TransferError> {
        let damaged = |why| TransferError::Damaged { what: record.to_string(), why };
        record.validate().map_err(damaged)?;
        let mut line = serde_json::to_vec(record).map_err(|error| damaged(error.to_string()))?;
        line.push(b'\n');
        if line.len() > LONGEST_LINE {
            return Err(damaged(format!("it is longer than {LONGEST_LINE} bytes")));
        }
        self.to.write_all(&line)?;
        self.hasher.update(&line);
        self.lines += 1;
        self.written.count(record);
        Ok(())
    }

    /// Writes the end.
    pub(in crate::store) fn finish(mut self) -> Result<Transferred, TransferError> {
        let digest = self.hasher.clone().finish().to_string();
        self.write(&Record::End(End { lines: self.lines, digest }))?;
        self.to.finish()?.flush()?;
        Ok(self.written)
    }
}
