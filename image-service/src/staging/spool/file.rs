//! A file without a name: written once, then read as often as an upload has to begin again.

use std::{fs::File, io, os::unix::fs::FileExt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::Account;
use crate::{
    error::{Error, Result},
    ports::{BlobSource, BlobStream},
};

/// Read from the disk at once.
const PIECE: u64 = 256 * 1024;

pub(in crate::staging) struct SpoolFile {
    file: File,
    pub(in crate::staging) account: Account,
}

/// A complete file as the content of an upload.
pub(in crate::staging) struct Spooled {
    file: Arc<SpoolFile>,
    size: u64,
}

impl SpoolFile {
    pub(super) fn new(file: File, account: Account) -> Self {
        Self { file, account }
    }

    /// Writes at an offset. Blocks.
    pub(in crate::staging) fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    /// Fills `buffer` from an offset, as far as there is something. Blocks.
    pub(in crate::staging) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn piece(&self, offset: u64, size: u64) -> io::Result<Bytes> {
        let length = usize::try_from(PIECE.min(size - offset)).map_err(io::Error::other)?;
        let mut buffer = vec![0; length];
        if self.read_at(&mut buffer, offset)? < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(buffer.into())
    }
}

impl Spooled {
    pub(in crate::staging) fn new(file: Arc<SpoolFile>, size: u64) -> Self {
        Self { file, size }
    }
}

#[async_trait]
impl BlobSource for Spooled {
    async fn open(&self) -> Result<BlobStream> {
        let (file, size) = (Arc::clone(&self.file), self.size);
        let pieces = stream::try_unfold(0, move |offset| {
            let file = Arc::clone(&file);
            async move {
                if offset >= size {
                    return Ok(None);
                }
                let piece = tokio::task::spawn_blocking(move || file.piece(offset, size))
                    .await
                    .map_err(Error::internal)?
                    .map_err(Error::internal)?;
                let next = offset + piece.len() as u64;
                Ok(Some((piece, next)))
            }
        });
        Ok(pieces.boxed())
    }
}
