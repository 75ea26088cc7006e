//! Compressed streams, told apart by their first bytes as dockerd does.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use super::{
    meter::Meter,
    read::{BUFFER, fill},
};
use crate::ports::Compression;

/// In front of a stream that is not decoded: what is read in larger pieces passes it by.
const PLAIN_BUFFER: usize = 16 << 10;
/// As long as the longest mark.
const MARK: usize = 6;
/// `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 128 << 20;
/// `zstd --long` needs 128 MiB.
const ZSTD_WINDOW_LOG: u32 = 27;

/// How a stream is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Bzip2,
    Xz,
    Zstd,
}

impl Packing {
    /// By the first bytes.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 0x08, ..] => Self::Gzip,
            [b'B', b'Z', b'h', ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            // The second is a skippable frame, which others follow.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// How its bytes are handed on: as they are where registries know the method.
    pub(super) const fn handed_on(self) -> Compression {
        match self {
            Self::Gzip => Compression::Gzip,
            Self::Zstd => Compression::Zstd,
            Self::Plain | Self::Bzip2 | Self::Xz => Compression::None,
        }
    }

    /// A stream of this kind as it is best read.
    pub(super) fn buffered<R: Read>(self, input: R) -> BufReader<R> {
        BufReader::with_capacity(if self == Self::Plain { PLAIN_BUFFER } else { BUFFER }, input)
    }

    /// The content of all members, streams or frames that follow each other.
    pub(super) fn decode<'a>(self, input: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::Plain => Box::new(input),
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
            Self::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
            Self::Xz => {
                let stream =
                    liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED)?;
                Box::new(liblzma::bufread::XzDecoder::new_stream(input, stream))
            }
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Box::new(decoder)
            }
        })
    }
}

/// The content of a stream that may be compressed, under the meter's limits.
pub(super) fn decoded<'a>(
    mut input: &'a mut (dyn Read + Send),
    meter: &Meter,
) -> io::Result<Box<dyn Read + 'a>> {
    let mut head = vec![0; MARK];
    let read = fill(&mut input, &mut head)?;
    head.truncate(read);
    let packing = Packing::of(&head);
    let (raw, gauge) = meter.stream(Cursor::new(head).chain(packing.buffered(input)));
    let content = packing.decode(raw)?;
    Ok(Box::new(gauge.content(content, packing)))
}
