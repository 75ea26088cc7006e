//! The members of a tar, one after the other: ustar, old, GNU and PAX.
//!
//! Invariant: what a member costs before its content is bounded, and where its content ends is as Go's reader has it, which is dockerd's.
//! The crate's own iterator reads names and records of any length into memory, hence a walk of our own over its headers.

use std::io::{self, Read};

use tar::{EntryType, Header};

use super::{
    Limits, fault,
    pax::Records,
    read::{BUFFER, fill},
};

pub(super) const BLOCK: usize = 512;
const ZEROS: [u8; BLOCK] = [0; BLOCK];
/// Where a header has its checksum.
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// What a member is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    File,
    /// With holes that the archive leaves out.
    Sparse,
    Symlink,
    HardLink,
    /// Folders, devices, and what nobody knows.
    Other,
}

/// A member's header, with what the headers before it add to it.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) kind: Kind,
    /// Where a link points to.
    pub(super) link: Vec<u8>,
    /// Bytes of content.
    pub(super) size: u64,
}

/// Walks a tar. Reading it reads the content of the current member, which ends early only in an error.
pub(super) struct Members<R> {
    input: R,
    limits: Limits,
    /// Bytes of the current member's content that are left.
    left: u64,
    /// Bytes that fill its last block.
    padding: u64,
    seen: u64,
    buffer: Vec<u8>,
}

/// What extension headers say of the member that follows them.
#[derive(Default)]
struct Extensions {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    records: Option<Records>,
}

impl<R: Read> Members<R> {
    pub(super) fn new(input: R, limits: Limits) -> Self {
        Self { input, limits, left: 0, padding: 0, seen: 0, buffer: vec![0; BUFFER] }
    }

    /// The next member; whatever the current one has left is passed over. Nothing after the last.
    pub(super) fn next(&mut self) -> io::Result<Option<Member>> {
        let mut extensions = Extensions::default();
        loop {
            self.pass_over()?;
            let Some(header) = self.header()? else {
                return match extensions.is_empty() {
                    true => Ok(None),
                    false => Err(io::ErrorKind::UnexpectedEof.into()),
                };
            };
            self.count()?;
            match header.entry_type() {
                EntryType::GNULongName => extensions.name = Some(self.text(&header)?),
                EntryType::GNULongLink => extensions.link = Some(self.text(&header)?),
                EntryType::XHeader => extensions.records = Some(Records::parse(&self.extension(&header)?)?),
                EntryType::XGlobalHeader => self.set_size(size_of(&header)?),
                _ => return self.member(&header, extensions).map(Some),
            }
        }
    }

    fn count(&mut self) -> io::Result<()> {
        self.seen += 1;
        if self.seen > self.limits.members {
            let limit = self.limits.members;
            return Err(fault::exceeded(&format!("the archive has more than the limit of {limit} members")));
        }
        Ok(())
    }

    /// Nothing at the end, which is two blocks of zeros, or nothing at all.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let Some(block) = self.block()? else { return Ok(None) };
        if block != ZEROS {
            return sound(&block).map(Some);
        }
        match self.block()? {
            Some(second) if second != ZEROS => Err(invalid_header()),
            _ => Ok(None),
        }
    }

    fn block(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        match fill(&mut self.input, &mut block)? {
            0 => Ok(None),
            BLOCK => Ok(Some(block)),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn member(&mut self, header: &Header, extensions: Extensions) -> io::Result<Member> {
        let records = extensions.records.unwrap_or_default();
        let kind = match header.entry_type() {
            EntryType::Regular | EntryType::Continuous if records.sparse => Kind::Sparse,
            EntryType::Regular | EntryType::Continuous => Kind::File,
            EntryType::GNUSparse => Kind::Sparse,
            EntryType::Symlink => Kind::Symlink,
            EntryType::Link => Kind::HardLink,
            _ => Kind::Other,
        };
        let size = match header.entry_type() {
            EntryType::Symlink
            | EntryType::Link
            | EntryType::Directory
            | EntryType::Char
            | EntryType::Block
            | EntryType::Fifo => 0,
            _ => agreed(size_of(header)?, records.size)?,
        };
        if header.entry_type() == EntryType::GNUSparse {
            self.pass_over_map(header)?;
        }
        self.set_size(size);
        let name = records.name.or(extensions.name).unwrap_or_else(|| header.path_bytes().into_owned());
        // Before there were types, a folder was a file whose name ends so; readers differ over what content it has.
        if kind == Kind::File && size > 0 && name.ends_with(b"/") {
            return Err(invalid_header());
        }
        let link = || header.link_name_bytes().unwrap_or_default().into_owned();
        Ok(Member { name, kind, link: records.link.or(extensions.link).unwrap_or_else(link), size })
    }

    /// A sparse file's map goes on in blocks of its own.
    fn pass_over_map(&mut self, header: &Header) -> io::Result<()> {
        let mut more = header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
        while more {
            self.count()?;
            let block = self.block()?.ok_or(io::ErrorKind::UnexpectedEof)?;
            more = block.get(504).is_some_and(|flag| *flag == 1);
        }
        Ok(())
    }

    fn set_size(&mut self, size: u64) {
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
    }

    fn text(&mut self, header: &Header) -> io::Result<Vec<u8>> {
        let mut text = self.extension(header)?;
        let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        text.truncate(end);
        Ok(text)
    }

    /// The content of an extension header.
    fn extension(&mut self, header: &Header) -> io::Result<Vec<u8>> {
        let (size, limit) = (size_of(header)?, self.limits.name);
        if size > limit {
            return Err(fault::exceeded(&format!(
                "the archive has a member whose name or records are larger than the limit of {limit} bytes"
            )));
        }
        self.set_size(size);
        let mut content = Vec::new();
        self.read_to_end(&mut content)?;
        Ok(content)
    }

    fn pass_over(&mut self) -> io::Result<()> {
        let mut left = self.left.saturating_add(self.padding);
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
            let piece = self.buffer.get_mut(..most).unwrap_or_default();
            let read = fill(&mut self.input, piece)?;
            if read < most {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            left -= read as u64;
        }
        (self.left, self.padding) = (0, 0);
        Ok(())
    }
}

impl Extensions {
    const fn is_empty(&self) -> bool {
        self.name.is_none() && self.link.is_none() && self.records.is_none()
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        match self.input.read(buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.left -= read as u64;
                Ok(read)
            }
        }
    }
}

/// Whether a block is a header, by its checksum.
pub(super) fn is_header(block: &[u8; BLOCK]) -> bool {
    sound(block).is_ok()
}

fn sound(block: &[u8; BLOCK]) -> io::Result<Header> {
    let header = Header::from_byte_slice(block).clone();
    let said = header.cksum().map_err(|_| invalid_header())?;
    let (before, rest) = block.split_at(CHECKSUM.start);
    let after = rest.get(CHECKSUM.len()..).unwrap_or_default();
    let bytes = || before.iter().chain(after);
    // The field itself counts as blanks.
    let blanks = u32::from(b' ') * CHECKSUM.len() as u32;
    let unsigned = bytes().fold(blanks, |sum, byte| sum + u32::from(*byte));
    // Some old writers summed signed characters: whatever is above 127 counts 256 less.
    let signed = || unsigned.checked_sub(256 * bytes().fold(0, |count, byte| count + u32::from(byte >> 7)));
    match said == unsigned || Some(said) == signed() {
        true => Ok(header),
        false => Err(invalid_header()),
    }
}

fn size_of(header: &Header) -> io::Result<u64> {
    let size = header.entry_size().map_err(|_| invalid_header())?;
    // What is more than Go's largest is negative there.
    if i64::try_from(size).is_err() { Err(invalid_header()) } else { Ok(size) }
}

/// Two readers that believe one of two sizes each would see two archives.
fn agreed(header: u64, record: Option<u64>) -> io::Result<u64> {
    match record {
        Some(record) if header != 0 && header != record => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("archive/tar: invalid tar header: a member has two sizes, {header} and {record}"),
        )),
        Some(record) => Ok(record),
        None => Ok(header),
    }
}

pub(super) fn invalid_header() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "archive/tar: invalid tar header")
}
