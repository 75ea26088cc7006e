//! A state as a document that either engine writes and reads: what `db export` gives and `db import` takes.
//!
//! The form, version 1: lines of JSON, compressed with zstd. Each line is an object with one member, named after what it tells (`Record`): first
//! a `header`, then images, manifests and so on in the order of their kinds, within a kind by their keys as bytes and each once, last an `end` with
//! the number of lines before it and their digest. Bytes are text where they are UTF-8, otherwise `{"base64": …}`. What follows from something else
//! is left out: labels and platform follow from the config, row numbers and gathered names from the names.
//!
//! Invariants: equal states give equal lines, whatever the engine. What is written was verified as it is when it is read (`validate`). Of the
//! document one line is held, never more.

mod bytes;
mod error;
mod reader;
mod record;
mod validate;
mod writer;

pub(super) use bytes::{Base64, Content};
pub use error::TransferError;
pub(super) use reader::ExportReader;
pub(super) use record::{
    CredentialRecord, EventRecord, Header, ImageManifestRecord, ImageRecord, ManifestNoteRecord,
    ManifestRecord, Record, RepoDigestRecord, SealingKeyRecord, StagedImageRecord, StagedLayerRecord,
    TagRecord, VectorRecord,
};
pub(super) use writer::ExportWriter;

/// What a header begins with.
const FORMAT: &str = "image-service";
/// Of the form. Another one is refused.
const VERSION: u32 = 1;
/// Of one line with its end. The largest things in a state are configs and manifests, of some megabytes each.
const LONGEST_LINE: usize = 64 * 1024 * 1024;

/// How much an export or an import was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Transferred {
    /// Without the header and the end.
    pub records: u64,
    /// Images among them.
    pub images: u64,
    /// Stored credentials among them.
    pub credentials: u64,
}

impl Transferred {
    pub(super) fn count(&mut self, record: &Record) {
        match record {
            Record::Header(_) | Record::End(_) => return,
            Record::Image(_) => self.images += 1,
            Record::Credential(_) => self.credentials += 1,
            _ => {}
        }
        self.records += 1;
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
