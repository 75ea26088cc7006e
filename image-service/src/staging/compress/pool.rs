//! The threads that compress, for all loads of the process.
//!
//! Invariant: the number of blocks between a reader and the disk is bounded, whatever the number of loads.

use std::{
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use super::{
    block::Block,
    codec::Encoder,
    lane::{Encoded, Lane},
};

/// Blocks in flight for each thread: one at work, one that waits for a thread, and one that waits for the block before it.
const BLOCKS_PER_THREAD: usize = 3;
/// With more, the blocks of zstd in flight would be more than 24 MiB.
const MOST_THREADS: usize = 8;

/// Hands blocks to the threads, which end with it.
pub(in crate::staging) struct Pool {
    jobs: Sender<Job>,
    gate: Arc<Gate>,
}

/// How many more blocks may be in flight, and buffers that were used before.
struct Gate {
    free: Mutex<Free>,
    changed: Condvar,
}

struct Free {
    blocks: usize,
    most: usize,
    buffers: Vec<Vec<u8>>,
}

/// Leave for one block to be in flight.
pub(super) struct Leave(Arc<Gate>);

pub(super) struct Job {
    pub(super) lane: Arc<Lane>,
    pub(super) number: u64,
    pub(super) block: Block,
    pub(super) leave: Leave,
}

impl Pool {
    pub(in crate::staging) fn new(threads: usize) -> io::Result<Self> {
        let threads = threads.clamp(1, MOST_THREADS);
        let most = threads * BLOCKS_PER_THREAD;
        let free = Free { blocks: most, most, buffers: Vec::new() };
        let gate = Arc::new(Gate { free: Mutex::new(free), changed: Condvar::new() });
        // As long as nothing is sent without leave, the queue is bounded by the leaves.
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name(format!("compress-{number}")).spawn(move || work(&queue))?;
        }
        Ok(Self { jobs, gate })
    }

    /// Waits for leave to have one more block in flight. Blocks.
    pub(super) fn leave(&self) -> Leave {
        let mut free = self.gate.free();
        while free.blocks == 0 {
            free = self.gate.changed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        free.blocks -= 1;
        Leave(Arc::clone(&self.gate))
    }

    pub(super) fn submit(&self, job: Job) {
        // Refused only when every thread has ended, which a thread does only when the pool is dropped.
        if let Err(refused) = self.jobs.send(job) {
            refused.0.lane.fail(io::Error::other("no thread compresses"));
        }
    }
}

impl Gate {
    fn free(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave {
    /// An empty buffer.
    fn buffer(&self) -> Vec<u8> {
        self.0.free().buffers.pop().unwrap_or_default()
    }

    /// Takes a buffer back.
    pub(super) fn recycle(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut free = self.0.free();
        if free.buffers.len() < free.most {
            free.buffers.push(buffer);
        }
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.free().blocks += 1;
        self.0.changed.notify_one();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    let mut encoder = Encoder::default();
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        let lane = Arc::clone(&job.lane);
        // A fault must end one layer and not all that come after it.
        if catch_unwind(AssertUnwindSafe(|| job.run(&mut encoder))).is_err() {
            encoder = Encoder::default();
            lane.fail(io::Error::other("a thread that compresses has panicked"));
        }
    }
}

impl Job {
    fn run(self, encoder: &mut Encoder) {
        let Self { lane, number, block, leave } = self;
        if lane.is_over() {
            return;
        }
        let mut output = leave.buffer();
        match encoder.encode(lane.codec, &block, &mut output) {
            Ok(tally) => lane.deliver(number, Encoded { block, output, tally, leave }),
            Err(fault) => lane.fail(fault),
        }
    }
}
