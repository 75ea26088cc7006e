//! What is done to a layer, block by block.
//!
//! Invariant: what a block becomes depends on its bytes alone. A layer's blob is therefore the same whoever compresses it, on however many
//! threads; only a new version of a compression library may change it.

use std::io;

use flate2::{Compress, Compression, Crc, FlushCompress};

use super::{block::Block, noise};
use crate::{config::LayerCompression, ports};

/// Twice as fast as 2, for a seventh more bytes: without that a load on two cores is no faster than its compression elsewhere.
const GZIP_LEVEL: u32 = 1;
/// Half the work of 3, for a sixteenth more bytes; a fifth fewer than of gzip.
const ZSTD_LEVEL: i32 = 1;

/// RFC 1952: deflate, no flags, no time, no extra flags, unknown system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// A last block of deflate that holds nothing.
const DEFLATE_END: [u8; 2] = [3, 0];

/// How a layer is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::staging) enum Codec {
    /// As it is.
    Stored,
    /// One member of blocks that do not refer to each other: every reader of gzip takes it for any other.
    Gzip,
    /// One frame for each block.
    Zstd,
}

/// What is kept of the bytes that were compressed, for the end of the blob.
#[derive(Default)]
pub(in crate::staging) struct Tally(Crc);

/// A thread's tools.
#[derive(Default)]
pub(in crate::staging) struct Encoder {
    gzip: Option<Compress>,
    /// For noise, which deflate would take long to make longer.
    wrap: Option<Compress>,
    zstd: Option<zstd::bulk::Compressor<'static>>,
    /// For blocks that come in several pieces.
    scratch: Vec<u8>,
}

impl Codec {
    /// Of the blob that comes out when plain bytes go in.
    pub(in crate::staging) fn compression(self) -> ports::Compression {
        match self {
            Self::Stored => ports::Compression::None,
            Self::Gzip => ports::Compression::Gzip,
            Self::Zstd => ports::Compression::Zstd,
        }
    }

    /// Bytes in a block. A frame of zstd costs more than a block of deflate, and gains more from its length.
    pub(in crate::staging) fn block(self) -> usize {
        match self {
            Self::Stored | Self::Gzip => 256 * 1024,
            Self::Zstd => 512 * 1024,
        }
    }

    /// The most that a block of this length can become.
    pub(in crate::staging) fn bound(self, length: usize) -> usize {
        match self {
            Self::Stored => length,
            Self::Gzip => length + length / 4 + 1024,
            Self::Zstd => zstd::zstd_safe::compress_bound(length),
        }
    }

    /// What comes before the first block.
    pub(in crate::staging) fn head(self) -> &'static [u8] {
        match self {
            Self::Gzip => &GZIP_HEADER,
            Self::Stored | Self::Zstd => &[],
        }
    }

    /// What comes after the last block.
    pub(in crate::staging) fn tail(self, tally: &Tally) -> Vec<u8> {
        match self {
            Self::Gzip => {
                let (sum, amount) = (tally.0.sum().to_le_bytes(), tally.0.amount().to_le_bytes());
                [&DEFLATE_END[..], &sum, &amount].concat()
            }
            Self::Stored | Self::Zstd => Vec::new(),
        }
    }
}

impl From<LayerCompression> for Codec {
    fn from(configured: LayerCompression) -> Self {
        match configured {
            LayerCompression::Gzip => Self::Gzip,
            LayerCompression::Zstd => Self::Zstd,
            LayerCompression::None => Self::Stored,
        }
    }
}

impl Tally {
    /// Takes in the bytes that follow.
    pub(in crate::staging) fn add(&mut self, next: &Self) {
        self.0.combine(&next.0);
    }
}

impl Encoder {
    /// Puts into `output`, which is empty, what a block becomes; nothing for one that stays as it is.
    pub(super) fn encode(&mut self, codec: Codec, block: &Block, output: &mut Vec<u8>) -> io::Result<Tally> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let tally = match codec {
            Codec::Stored => Ok(Tally::default()),
            Codec::Gzip | Codec::Zstd => {
                output.reserve(codec.bound(block.len()));
                let block = block.gathered(&mut scratch);
                if codec == Codec::Gzip { self.deflate(block, output) } else { self.frame(block, output) }
            }
        };
        self.scratch = scratch;
        tally
    }

    /// A flush ends the block on a byte, so that another can follow.
    fn deflate(&mut self, block: &[u8], output: &mut Vec<u8>) -> io::Result<Tally> {
        let mut tally = Tally::default();
        if block.is_empty() {
            return Ok(tally);
        }
        tally.0.update(block);
        let (deflate, level) = match noise::is_noise(block) {
            true => (&mut self.wrap, Compression::none()),
            false => (&mut self.gzip, Compression::new(GZIP_LEVEL)),
        };
        let deflate = deflate.get_or_insert_with(|| Compress::new(level, false));
        deflate.reset();
        deflate.compress_vec(block, output, FlushCompress::Sync).map_err(io::Error::other)?;
        // With room to spare everything was taken and flushed; without, the blob would depend on the buffer's size.
        if deflate.total_in() != block.len() as u64 || output.len() == output.capacity() {
            return Err(io::Error::other("a compressed block is longer than it can be"));
        }
        Ok(tally)
    }

    fn frame(&mut self, block: &[u8], output: &mut Vec<u8>) -> io::Result<Tally> {
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            none => none.insert(zstd::bulk::Compressor::new(ZSTD_LEVEL)?),
        };
        zstd.compress_to_buffer(block, output).map(|_| Tally::default())
    }
}
