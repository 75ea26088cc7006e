//! Writing what arrives to the end of a file and hashing it, while the next piece is still on its way.

use std::{
    fs::File,
    io::{self, IoSlice, Write},
};

use bytes::Bytes;
use tokio::task::JoinHandle;

use super::on_disk;
use crate::{durability::Durability, model::Hasher};

/// So much is written at once; as much again is being received meanwhile.
const BATCH: usize = 512 * 1024;
/// What the kernel holds back is handed to the disk in steps, so that the end need not wait for all of it.
const SYNC_STEP: u64 = 32 * 1024 * 1024;

/// How much of a file is there, and the hash of that.
pub(super) struct Progress {
    pub(super) hasher: Hasher,
    pub(super) offset: u64,
}

/// A file being written, by one task at a time.
pub(super) struct Appender {
    file: File,
    durability: Durability,
    progress: Progress,
    unsynced: u64,
}

impl Appender {
    fn append(&mut self, batch: &[Bytes]) -> io::Result<()> {
        write_all(&mut self.file, batch)?;
        for piece in batch {
            self.progress.hasher.update(piece);
            self.progress.offset += piece.len() as u64;
            self.unsynced += piece.len() as u64;
        }
        Ok(())
    }

    /// Begins to write to the disk in the background; errors show at the end, where it is done once more.
    fn sync_ahead(&mut self) {
        if self.unsynced >= SYNC_STEP
            && let Ok(file) = self.file.try_clone()
        {
            self.unsynced = 0;
            let durability = self.durability;
            tokio::task::spawn_blocking(move || durability.sync(&file));
        }
    }
}

fn write_all(file: &mut File, batch: &[Bytes]) -> io::Result<()> {
    let mut slices: Vec<_> = batch.iter().map(|piece| IoSlice::new(piece)).collect();
    let mut rest = &mut slices[..];
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        match file.write_vectored(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Collects pieces into batches and hands each to a thread that may wait for the disk.
pub(super) struct Sink {
    idle: Option<Appender>,
    busy: Option<JoinHandle<io::Result<Appender>>>,
    batch: Vec<Bytes>,
    batched: usize,
}

impl Sink {
    /// `file` is open at the offset of the progress.
    pub(super) fn new(file: File, progress: Progress, durability: Durability) -> Self {
        let idle = Some(Appender { file, durability, progress, unsynced: 0 });
        Self { idle, busy: None, batch: Vec::new(), batched: 0 }
    }

    /// Takes the next piece. Waits only while the disk is two batches behind.
    pub(super) async fn push(&mut self, piece: Bytes) -> io::Result<()> {
        self.batched += piece.len();
        self.batch.push(piece);
        if self.batched >= BATCH { self.flush().await } else { Ok(()) }
    }

    /// Writes the rest. An error leaves the file longer than anyone knows.
    pub(super) async fn finish(mut self) -> io::Result<Progress> {
        self.flush().await?;
        Ok(self.settle().await?.progress)
    }

    async fn flush(&mut self) -> io::Result<()> {
        let mut appender = self.settle().await?;
        let batch = std::mem::take(&mut self.batch);
        self.batched = 0;
        self.busy = Some(tokio::spawn(on_disk(move || {
            appender.append(&batch)?;
            appender.sync_ahead();
            Ok(appender)
        })));
        Ok(())
    }

    async fn settle(&mut self) -> io::Result<Appender> {
        match (self.busy.take(), self.idle.take()) {
            (Some(busy), _) => busy.await.map_err(io::Error::other)?,
            (None, Some(idle)) => Ok(idle),
            (None, None) => Err(io::Error::other("an earlier write failed")),
        }
    }
}
