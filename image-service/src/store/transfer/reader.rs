//! Reading an export, which may be anything.

use std::io::{self, BufRead, BufReader, Read};

use serde::Deserialize;
use zstd::stream::read::Decoder;

use super::{
    FORMAT, Header, LONGEST_LINE, Record, TransferError, VERSION,
    record::{End, Place},
};
use crate::model::Hasher;

/// The largest window that zstd uses of itself; more would be memory that a stranger chooses.
const WINDOW_LOG: u32 = 27;

/// Gives records in their order, each verified.
pub(in crate::store) struct ExportReader<'a> {
    from: BufReader<Decoder<'static, BufReader<&'a mut dyn Read>>>,
    header: Header,
    hasher: Hasher,
    /// That were read.
    lines: u64,
    last: Place,
}

impl<'a> ExportReader<'a> {
    /// Reads the header.
    pub(in crate::store) fn new(from: &'a mut dyn Read) -> Result<Self, TransferError> {
        let mut decoder = Decoder::new(from)?;
        decoder.window_log_max(WINDOW_LOG)?;
        let mut from = BufReader::new(decoder);
        let line = line(&mut from, 0).map_err(|error| match error {
            TransferError::Io(_) | TransferError::Truncated(_) => TransferError::NotAnExport,
            other => other,
        })?;
        let header = header(&line)?;
        let mut hasher = Hasher::sha256();
        hasher.update(&line);
        let last = Record::Header(header.clone()).place();
        Ok(Self { from, header, hasher, lines: 1, last })
    }

    pub(in crate::store) fn header(&self) -> &Header {
        &self.header
    }

    /// The next record; nothing after the last, when the whole was what was written.
    pub(in crate::store) fn next(&mut self) -> Result<Option<Record>, TransferError> {
        let line = line(&mut self.from, self.lines)?;
        let number = self.lines + 1;
        let fault = |why| TransferError::Line { line: number, why };
        let record: Record = serde_json::from_slice(&line).map_err(|error| fault(error.to_string()))?;
        let place = record.place();
        if place <= self.last {
            return Err(fault(format!("{record} is there twice, or not in its place")));
        }
        record.validate().map_err(|why| fault(format!("{record}: {why}")))?;
        if let Record::End(end) = &record {
            return self.end(end).map(|()| None);
        }
        self.hasher.update(&line);
        (self.lines, self.last) = (number, place);
        Ok(Some(record))
    }

    /// The number of the line that was read last.
    pub(in crate::store) fn line(&self) -> u64 {
        self.lines
    }

    fn end(&mut self, end: &End) -> Result<(), TransferError> {
        let is_whole = end.lines == self.lines && end.digest == self.hasher.clone().finish().to_string();
        match self.from.fill_buf() {
            Ok([]) if is_whole => Ok(()),
            _ => Err(TransferError::Altered),
        }
    }
}

/// With its end. `before` is the number of lines before it.
fn line(from: &mut impl BufRead, before: u64) -> Result<Vec<u8>, TransferError> {
    let mut line = Vec::new();
    match from.take(LONGEST_LINE as u64).read_until(b'\n', &mut line) {
        Ok(_) if line.last() == Some(&b'\n') => Ok(line),
        Ok(LONGEST_LINE) => Err(TransferError::Line {
            line: before + 1,
            why: format!("it is longer than {LONGEST_LINE} bytes"),
        }),
        Ok(_) => Err(TransferError::Truncated(before)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(TransferError::Truncated(before)),
        Err(error) => Err(error.into()),
    }
}

/// The version decides before anything else of it is read.
fn header(line: &[u8]) -> Result<Header, TransferError> {
    #[derive(Deserialize)]
    struct AnyLine {
        header: AnyHeader,
    }
    #[derive(Deserialize)]
    struct AnyHeader {
        format: String,
        version: u64,
    }
    let any: AnyLine = serde_json::from_slice(line).map_err(|_| TransferError::NotAnExport)?;
    if any.header.format != FORMAT {
        return Err(TransferError::NotAnExport);
    }
    if any.header.version != u64::from(VERSION) {
        return Err(TransferError::Version(any.header.version));
    }
    let fault = |why| TransferError::Line { line: 1, why };
    let record: Record = serde_json::from_slice(line).map_err(|error| fault(error.to_string()))?;
    record.validate().map_err(fault)?;
    match record {
        Record::Header(header) => Ok(header),
        _ => Err(TransferError::NotAnExport),
    }
}
