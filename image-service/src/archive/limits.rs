//! What an archive may cost. Memory is bounded by the first three, time by the others.

/// Bounds of one archive; whatever exceeds one is refused by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of one config, manifest or index.
    pub document: u64,
    /// Bytes of all that is remembered of an archive: documents, names, digests.
    pub remembered: u64,
    /// Bytes of a name, and of a PAX record.
    pub name: u64,
    /// Members of the archive.
    pub members: u64,
    /// Members that may be layers.
    pub layers: u64,
    /// Bytes after decompression, of archive and layers together.
    pub decompressed: u64,
    /// Bytes that a compressed stream may yield whatever its own length is.
    pub expansion: u64,
    /// How many times longer than itself a compressed stream may become beyond that.
    pub ratio: u64,
}

impl Default for Limits {
    /// Zeros of sparse files compress without bound, so that a gibibyte is free. Beyond it the ratio lies just above the 1032 that gzip
    /// cannot exceed: what is refused is a bomb made with another method.
    fn default() -> Self {
        Self {
            document: 8 << 20,
            remembered: 32 << 20,
            name: 1 << 20,
            members: 1_000_000,
            layers: 16_384,
            decompressed: 1 << 40,
            expansion: 1 << 30,
            ratio: 1100,
        }
    }
}
