//! The reading thread's end of a lane: bytes go in as they come, blocks go to the threads.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    block::Block,
    codec::Codec,
    lane::{Lane, Outcome},
    pool::{Job, Pool},
};
use crate::{
    error::Result,
    staging::spool::{Ended, SpoolFile},
};

/// To drop it without `finish` is to give the layer up.
pub(in crate::staging) struct Feed {
    pool: Arc<Pool>,
    lane: Arc<Lane>,
    ended: Ended,
    finished: bool,
    block: Block,
    submitted: u64,
}

impl Feed {
    /// `ended` makes it stop waiting.
    pub(in crate::staging) fn new(
        pool: Arc<Pool>,
        codec: Codec,
        file: SpoolFile,
        ended: Ended,
    ) -> (Self, Outcome) {
        let (lane, outcome) = Lane::new(codec, file);
        (Self { pool, lane, ended, finished: false, block: Block::default(), submitted: 0 }, outcome)
    }

    pub(in crate::staging) fn codec(&self) -> Codec {
        self.lane.codec
    }

    /// Takes the next bytes. Waits for room on the disk and for the threads.
    pub(in crate::staging) fn write(&mut self, mut piece: Bytes) -> Result<()> {
        let size = self.lane.codec.block();
        while !piece.is_empty() {
            self.block.push(piece.split_to(piece.len().min(size - self.block.len())));
            if self.block.len() == size {
                self.submit()?;
            }
        }
        Ok(())
    }

    /// That was all: the rest is done without the reading thread.
    pub(in crate::staging) fn finish(mut self) -> Result<()> {
        if !self.block.is_empty() || self.submitted == 0 {
            self.submit()?;
        }
        self.lane.close(self.submitted);
        self.finished = true;
        Ok(())
    }

    fn submit(&mut self) -> Result<()> {
        let bound = self.lane.codec.bound(self.block.len()) as u64;
        self.lane.file().account.reserve(bound, &self.ended)?;
        let leave = self.pool.leave();
        let block = std::mem::take(&mut self.block);
        self.pool.submit(Job { lane: Arc::clone(&self.lane), number: self.submitted, block, leave });
        self.submitted += 1;
        Ok(())
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if !self.finished {
            self.lane.abandon();
        }
    }
}
