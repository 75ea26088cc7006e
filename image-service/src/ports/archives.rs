//! Archives of images, read in one pass: `docker save` of every age, OCI layouts, and tars of root file systems.

use std::io::Read;

use bytes::Bytes;

use crate::{
    error::Result,
    model::{Descriptor, Digest, Manifest, Platform, Reference, Repository},
};

/// How the bytes of a layer are compressed when they are handed on. Whatever else an archive may hold is decompressed first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Compression {
    /// A plain tar.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

/// A layer that begins: what can be known before it has passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfferedLayer {
    /// A digest that the member's name promises: of the bytes as they are, or of the uncompressed layer. Nothing is proven by it, and nothing
    /// has to be where the layer is there already: what an image is made of is for its config to say.
    pub promised: Option<Digest>,
    /// How many bytes will be written, if the archive says so.
    pub size: Option<u64>,
    /// Of the bytes that will be written.
    pub compression: Compression,
}

/// A layer that has passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadLayer {
    /// Of the uncompressed layer.
    pub diff_id: Digest,
    /// Bytes of the uncompressed layer.
    pub uncompressed_size: u64,
    /// Of the bytes that were written to the sink; the diff ID if they were not compressed.
    pub digest: Digest,
    /// Bytes that were written to the sink.
    pub size: u64,
    /// Of those bytes.
    pub compression: Compression,
}

/// Takes the layers of an archive as they pass. Called on the reading thread, which it may hold up.
pub trait LayerIntake: Send {
    /// The plain layer that a name promises, if it is there already: its bytes are then passed over unread, as dockerd does with a layer that it
    /// has.
    fn recognise(&mut self, offered: &OfferedLayer) -> Result<Option<ReadLayer>>;

    /// A layer, or a file that may turn out to be one, begins.
    fn begin(&mut self, offered: &OfferedLayer) -> Result<Box<dyn LayerSink>>;
}

/// Takes one layer. To drop it without `finish` is to give the layer up.
pub trait LayerSink: Send {
    /// The next bytes, which others hold as well.
    fn write(&mut self, piece: Bytes) -> Result<()>;

    /// That was all of it. True if the layer was there before, so that nothing has to be sent.
    fn finish(self: Box<Self>, layer: &ReadLayer) -> Result<bool>;
}

/// An image as an archive has it, verified: every digest that its config or manifest names was computed from what passed, or is that of a layer
/// which was recognised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArchivedImage {
    /// Digest of the config.
    pub id: Digest,
    /// The config, byte for byte.
    pub config: Bytes,
    /// The platform that the config says.
    pub platform: Platform,
    /// Its names, each with a tag and no digest; in the archive's order.
    pub names: Vec<Reference>,
    /// Lowest layer first; without those of foreign types that a layout left out, as they are to be had elsewhere.
    pub layers: Vec<ReadLayer>,
    /// The layout's manifest, which names these layers as they were written to the sinks, and those left out. Nothing if there is none; nor beside a
    /// `manifest.json` if a layer is not compressed, as a registry will have that under another digest.
    pub manifest: Option<Manifest>,
}

/// An image to save.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SavedImage {
    /// The config, byte for byte.
    pub config: Bytes,
    /// Of one image, not an index.
    pub manifest: Manifest,
    /// Each with a tag; nothing else of them is used.
    pub names: Vec<Reference>,
    /// Where the layers are.
    pub repository: Repository,
}

/// A piece of an archive that is being written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SavedPart {
    /// These bytes.
    Bytes(Bytes),
    /// All bytes of a blob, which must be as many as its descriptor says.
    Blob {
        /// Where it is.
        repository: Repository,
        /// What it is.
        blob: Descriptor,
    },
}

/// Lays out archives: an OCI layout with Docker's `manifest.json`, as `docker save` writes it since Docker 25.
pub trait ArchiveWriter: Send + Sync + std::fmt::Debug {
    /// The archive of some images, each given once: what to write, in this order. The same images always give the same bytes.
    fn lay_out(&self, images: &[SavedImage]) -> Result<Vec<SavedPart>>;
}

/// Reads archives. Nothing of an archive is written to a disk, and only its metadata is held in memory, under a cap.
pub trait Archives: Send + Sync + std::fmt::Debug {
    /// Reads an archive to its end. `wanted` chooses from an index. Blocks. What is wrong with the archive is `Error::Archive`. An error of
    /// `input` is not: an `io::Error` that wraps an `Error` is answered with that one, and so is what an intake or a sink says.
    fn read(
        &self,
        input: &mut (dyn Read + Send),
        wanted: &Platform,
        intake: &mut dyn LayerIntake,
    ) -> Result<Vec<ArchivedImage>>;

    /// Reads the tar of a root file system, which is one layer and is handed on without compression. Blocks. Errors as for `read`.
    fn read_root(&self, input: &mut (dyn Read + Send), intake: &mut dyn LayerIntake) -> Result<ReadLayer>;
}
