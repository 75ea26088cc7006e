//! One upload: takes content, says how much it has, and proves its digest.
//!
//! Invariant: one request at a time writes. Whatever was taken stays, until the upload is complete or cancelled.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    append::{Progress, Sink},
    on_disk,
};
use crate::{
    durability::Durability,
    model::{Algorithm, Digest, Hasher},
};

/// A client that sends nothing for so long has gone.
const STALL: Duration = Duration::from_secs(60);
const REHASH_PIECE: usize = 256 * 1024;

/// An upload session.
pub(crate) struct Session {
    path: PathBuf,
    durability: Durability,
    /// Nothing if it has to be learnt from the file.
    progress: Arc<Mutex<Option<Progress>>>,
    first_chunk: OnceLock<u64>,
}

/// Where content belongs, if its sender says so (`Content-Range`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Placed {
    pub(crate) start: u64,
    pub(crate) length: u64,
}

/// Why content was not taken, or not all of it.
#[derive(Debug)]
pub(crate) enum ReceiveError {
    /// Another request is writing.
    Busy,
    /// It was cancelled, or given up for lack of content.
    Gone,
    /// The content does not begin where the upload ends.
    OutOfOrder,
    /// Less or more content than announced.
    Length,
    /// The client left, or stopped sending.
    Broken,
    Io(io::Error),
}

/// Why an upload does not become a blob. It stays as it is.
#[derive(Debug)]
pub(crate) enum CompleteError {
    /// Another request is writing.
    Busy,
    /// It was cancelled, or given up for lack of content.
    Gone,
    /// The content has another digest.
    Mismatch,
    Io(io::Error),
}

/// A whole file with the digest that was asked for, on disk, to be moved to its place. Nobody writes to it as long as this is held: what
/// was proved must still hold when the file is there.
pub(crate) struct Finished {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    _writing: OwnedMutexGuard<Option<Progress>>,
}

impl Session {
    /// The session of a file that is there.
    pub(super) fn on(path: PathBuf, durability: Durability) -> Self {
        Self { path, durability, progress: Arc::default(), first_chunk: OnceLock::new() }
    }

    /// The session of a file that is there and empty.
    pub(super) fn empty(path: PathBuf, durability: Durability) -> Self {
        let progress = Progress { hasher: Hasher::new(Algorithm::Sha256), offset: 0 };
        Self {
            path,
            durability,
            progress: Arc::new(Mutex::new(Some(progress))),
            first_chunk: OnceLock::new(),
        }
    }

    /// How many bytes are there.
    pub(crate) async fn size(&self) -> io::Result<u64> {
        let path = self.path.clone();
        on_disk(move || path.metadata().map(|metadata| metadata.len())).await
    }

    /// How many bytes there were when this was first asked, of a session with so many now. Only as long as the process lives.
    pub(crate) fn first_chunk(&self, size: u64) -> u64 {
        *self.first_chunk.get_or_init(|| size)
    }

    /// Whether a request is writing right now.
    pub(super) fn is_busy(&self) -> bool {
        self.progress.try_lock().is_err()
    }

    /// Appends a body, and gives the size with it.
    pub(crate) async fn receive<B>(&self, body: B, placed: Option<Placed>) -> Result<u64, ReceiveError>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let mut slot = self.progress.try_lock().map_err(|_| ReceiveError::Busy)?;
        let progress = self.known(&mut slot).await?;
        if placed.is_some_and(|placed| placed.start != progress.offset) {
            *slot = Some(progress);
            return Err(ReceiveError::OutOfOrder);
        }
        let path = self.path.clone();
        let file = on_disk(move || OpenOptions::new().append(true).open(path)).await?;
        let mut sink = Sink::new(file, progress, self.durability);
        let ended = pump(body, &mut sink, placed.map(|placed| placed.length)).await;
        let progress = sink.finish().await?;
        let offset = progress.offset;
        *slot = Some(progress);
        ended.map(|()| offset)
    }

    /// The sha256 digest of what is there.
    pub(crate) async fn digest(&self) -> Result<Digest, CompleteError> {
        let mut slot = self.progress.try_lock().map_err(|_| CompleteError::Busy)?;
        let progress = self.known(&mut slot).await?;
        let digest = progress.hasher.clone().finish();
        *slot = Some(progress);
        Ok(digest)
    }

    /// Proves the digest and waits until the file is on disk.
    pub(crate) async fn finish(&self, digest: &Digest) -> Result<Finished, CompleteError> {
        let mut slot = Arc::clone(&self.progress).try_lock_owned().map_err(|_| CompleteError::Busy)?;
        let progress = self.known(&mut slot).await?;
        let (hasher, size) = (progress.hasher.clone(), progress.offset);
        *slot = Some(progress);
        let (path, wanted, durability) = (self.path.clone(), digest.clone(), self.durability);
        let proved = on_disk(move || {
            let file = File::open(path)?;
            let found = match wanted.algorithm() {
                Algorithm::Sha256 => hasher.finish(),
                other => hash(&file, other)?.hasher.finish(),
            };
            if found == wanted { durability.sync(&file).map(|()| true) } else { Ok(false) }
        });
        match proved.await? {
            true => Ok(Finished { path: self.path.clone(), size, _writing: slot }),
            false => Err(CompleteError::Mismatch),
        }
    }

    /// What is known of the file; after a restart or a failed write it is read. The slot is empty until it is filled again.
    async fn known(&self, slot: &mut Option<Progress>) -> io::Result<Progress> {
        if let Some(progress) = slot.take() {
            return Ok(progress);
        }
        let path = self.path.clone();
        on_disk(move || hash(&File::open(path)?, Algorithm::Sha256)).await
    }
}

/// Private to its owner, and not there before.
pub(super) fn create(path: &std::path::Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn hash(mut file: &File, algorithm: Algorithm) -> io::Result<Progress> {
    let mut progress = Progress { hasher: Hasher::new(algorithm), offset: 0 };
    let mut piece = vec![0; REHASH_PIECE];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(progress),
            read => {
                progress.hasher.update(piece.get(..read).unwrap_or_default());
                progress.offset += read as u64;
            }
        }
    }
}

/// Moves a body into a sink. What arrived before an error is in the sink.
async fn pump<B>(mut body: B, sink: &mut Sink, length: Option<u64>) -> Result<(), ReceiveError>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut left = length.unwrap_or(u64::MAX);
    loop {
        let frame = tokio::time::timeout(STALL, body.frame()).await.map_err(|_| ReceiveError::Broken)?;
        let Some(frame) = frame else { break };
        let Ok(piece) = frame.map_err(|_| ReceiveError::Broken)?.into_data() else { continue };
        left = left.checked_sub(piece.len() as u64).ok_or(ReceiveError::Length)?;
        sink.push(piece).await?;
    }
    if length.is_some() && left > 0 { Err(ReceiveError::Length) } else { Ok(()) }
}

impl From<io::Error> for ReceiveError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Gone } else { Self::Io(error) }
    }
}

impl From<io::Error> for CompleteError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Gone } else { Self::Io(error) }
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
