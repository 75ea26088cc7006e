//! One layer on its way through the threads: blocks come back in any order and are written in theirs.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::oneshot;

use super::{
    block::Block,
    codec::{Codec, Tally},
    pool::Leave,
};
use crate::{
    model::{Digest, Hasher},
    staging::spool::SpoolFile,
};

/// A blob that lies complete in the spool.
pub(in crate::staging) struct Blob {
    pub(in crate::staging) file: Arc<SpoolFile>,
    pub(in crate::staging) size: u64,
    /// Nothing for one that was stored as it came: whoever read it knows.
    pub(in crate::staging) digest: Option<Digest>,
}

/// What comes of a layer, once all of it has been written.
pub(in crate::staging) type Outcome = oneshot::Receiver<io::Result<Blob>>;

pub(super) struct Lane {
    pub(super) codec: Codec,
    file: Arc<SpoolFile>,
    over: AtomicBool,
    state: Mutex<State>,
}

struct State {
    /// The block that is to be written next.
    next: u64,
    /// How many there are, once that is known.
    total: Option<u64>,
    ready: BTreeMap<u64, Encoded>,
    /// Not here while somebody writes.
    output: Option<Output>,
    result: Option<oneshot::Sender<io::Result<Blob>>>,
}

struct Output {
    size: u64,
    tally: Tally,
    hasher: Option<Hasher>,
}

pub(super) struct Encoded {
    pub(super) block: Block,
    /// What became of it; nothing if it stays as it is.
    pub(super) output: Vec<u8>,
    pub(super) tally: Tally,
    /// Held until it is written.
    pub(super) leave: Leave,
}

impl Lane {
    pub(super) fn new(codec: Codec, file: SpoolFile) -> (Arc<Self>, Outcome) {
        let (result, outcome) = oneshot::channel();
        let hasher = (codec != Codec::Stored).then(Hasher::sha256);
        let output = Output { size: 0, tally: Tally::default(), hasher };
        let state = State {
            next: 0,
            total: None,
            ready: BTreeMap::new(),
            output: Some(output),
            result: Some(result),
        };
        let lane =
            Self { codec, file: Arc::new(file), over: AtomicBool::new(false), state: Mutex::new(state) };
        (Arc::new(lane), outcome)
    }

    pub(super) fn file(&self) -> &SpoolFile {
        &self.file
    }

    /// Whether what still comes is for nothing.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Nobody wants it any more.
    pub(super) fn abandon(&self) {
        self.over.store(true, Ordering::Release);
        self.state().ready.clear();
    }

    pub(super) fn fail(&self, fault: io::Error) {
        self.abandon();
        self.end(Err(fault));
    }

    /// Takes a block, and writes what can be written by now, unless another thread is at it.
    pub(super) fn deliver(&self, number: u64, encoded: Encoded) {
        if self.is_over() {
            return;
        }
        let mut state = self.state();
        state.ready.insert(number, encoded);
        let Some(mut output) = state.output.take() else { return };
        while let Some(encoded) = state.take_next() {
            drop(state);
            if let Err(fault) = self.write(&mut output, encoded) {
                return self.fail(fault);
            }
            state = self.state();
            state.next += 1;
        }
        state.output = Some(output);
        self.end_if_complete(state);
    }

    /// There will be no block beyond these.
    pub(super) fn close(&self, total: u64) {
        let mut state = self.state();
        state.total = Some(total);
        self.end_if_complete(state);
    }

    fn end_if_complete(&self, mut state: MutexGuard<'_, State>) {
        if state.total != Some(state.next) {
            return;
        }
        let Some(output) = state.output.take() else { return };
        drop(state);
        let blob = self.finish(output);
        self.end(blob);
    }

    fn finish(&self, mut output: Output) -> io::Result<Blob> {
        if output.size == 0 {
            self.append(&mut output, self.codec.head())?;
        }
        let tail = self.codec.tail(&output.tally);
        self.append(&mut output, &tail)?;
        let digest = output.hasher.map(Hasher::finish);
        Ok(Blob { file: Arc::clone(&self.file), size: output.size, digest })
    }

    fn write(&self, output: &mut Output, encoded: Encoded) -> io::Result<()> {
        if output.size == 0 {
            self.append(output, self.codec.head())?;
        }
        let before = output.size;
        match self.codec {
            Codec::Stored => {
                encoded.block.pieces().iter().try_for_each(|piece| self.append(output, piece))?;
            }
            Codec::Gzip | Codec::Zstd => self.append(output, &encoded.output)?,
        }
        output.tally.add(&encoded.tally);
        let bound = self.codec.bound(encoded.block.len()) as u64;
        self.file.account.refund(bound.saturating_sub(output.size - before));
        encoded.leave.recycle(encoded.output);
        Ok(())
    }

    fn append(&self, output: &mut Output, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(bytes, output.size)?;
        output.size += bytes.len() as u64;
        if let Some(hasher) = &mut output.hasher {
            hasher.update(bytes);
        }
        Ok(())
    }

    fn end(&self, blob: io::Result<Blob>) {
        if let Some(result) = self.state().result.take() {
            // Nobody listens if the layer was given up.
            let _ = result.send(blob);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_next(&mut self) -> Option<Encoded> {
        self.ready.remove(&self.next)
    }
}
