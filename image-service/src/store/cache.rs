//! Answers of `find`, kept while nothing has changed.
//!
//! Invariant: an answer given after a change was acknowledged was read after that change was committed; equal versions mean equal answers.
//!
//! Why that holds: the generation is even while no commit is under way. A change makes it odd before it sends its commit, and even again
//! after the commit has ended and before anyone is told. A look-up notes the generation, reads, and looks again: an even number on both sides
//! means that no commit took place in between, so all answers under that number were read from one and the same state, and they may be
//! kept under it. Any other answer is right as well (it is one snapshot, taken after the look-up began) but is not kept, and its version
//! is never given twice. A kept answer counts only while its generation is the current one. Changes come one at a time (one writer), and only from this process
//! (the lock on the data folder). Images that were not found are not kept, nor is what is asked for only once, though it has its version.

use std::{
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use equivalent::Equivalent;
use serving::Lately;
use telemetry::{Counter, KeyValue};

use crate::{
    error::Result,
    model::{Image, ImageName, Namespace},
    ports::Found,
};

/// By outcome, `hit` or `miss`.
static LOOKUPS: Counter =
    Counter::new("image.cache.lookups", "{lookup}", "Images that were, or were not, in memory");

/// Enough for some thousand images; an inspected config has a few kilobytes.
const CAPACITY: u64 = 16 << 20;
/// What an answer weighs besides its config, and what a name of it weighs.
const ENTRY: usize = 512;
const NAME: usize = 256;

/// What was asked, borrowed from the caller: a hit copies no name.
#[derive(PartialEq, Eq, Hash)]
struct Question<'a>(&'a Namespace, &'a ImageName);

#[derive(PartialEq, Eq, Hash, Debug)]
struct Key(Namespace, ImageName);

impl Equivalent<Key> for Question<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self.0 == key.0 && *self.1 == key.1
    }
}

#[derive(Clone, Debug)]
struct Entry {
    generation: u64,
    found: Found,
}

/// Either the answer, or the moment from which a fresh one counts.
enum LookUp {
    Hit(Found),
    Miss(Moment),
}

/// When a look-up began, and whether its question is worth keeping.
struct Moment {
    generation: u64,
    again: bool,
}

/// The cache in front of `find`.
#[derive(Debug)]
pub(super) struct FoundCache {
    entries: moka::sync::Cache<Key, Entry>,
    lately: Lately,
    generation: AtomicU64,
    unkept: AtomicU64,
    boot: String,
}

impl FoundCache {
    /// `boot` is random, so that versions of two processes never meet.
    pub(super) fn new(boot: String) -> Self {
        let entries = moka::sync::Cache::builder().weigher(weight).max_capacity(CAPACITY).build();
        let (generation, unkept) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { entries, lately: Lately::default(), generation, unkept, boot }
    }

    /// The answer that is kept, or what `read` finds.
    pub(super) async fn found(
        &self,
        namespace: &Namespace,
        name: &ImageName,
        read: impl Future<Output = Result<Image>>,
    ) -> Result<Found> {
        match self.look_up(namespace, name) {
            LookUp::Hit(found) => {
                LOOKUPS.add(1, &[KeyValue::new("outcome", "hit")]);
                Ok(found)
            }
            LookUp::Miss(moment) => {
                LOOKUPS.add(1, &[KeyValue::new("outcome", "miss")]);
                Ok(self.keep(&moment, namespace, name, read.await?))
            }
        }
    }

    fn look_up(&self, namespace: &Namespace, name: &ImageName) -> LookUp {
        let generation = self.generation.load(SeqCst);
        let question = Question(namespace, name);
        let again = match self.entries.get(&question) {
            Some(entry) if entry.generation == generation => return LookUp::Hit(entry.found),
            Some(_) => true,
            None => self.lately.has(&question),
        };
        LookUp::Miss(Moment { generation, again })
    }

    /// Keeps what was read since `moment`, if it may be kept and is worth it.
    fn keep(&self, moment: &Moment, namespace: &Namespace, name: &ImageName, image: Image) -> Found {
        let (&Moment { generation, again }, boot) = (moment, &self.boot);
        let image = Arc::new(image);
        if !generation.is_multiple_of(2) || self.generation.load(SeqCst) != generation {
            let unkept = self.unkept.fetch_add(1, SeqCst);
            return Found { version: format!("{boot}-{generation}.{unkept}").into(), image };
        }
        let found = Found { version: format!("{boot}-{generation}").into(), image };
        if again {
            let entry = Entry { generation, found: found.clone() };
            self.entries.insert(Key(namespace.clone(), name.clone()), entry);
        }
        found
    }

    /// Call before a commit is sent; drop the result when the commit has ended, however it did.
    pub(super) fn changing(&self) -> Changing<'_> {
        self.generation.fetch_add(1, SeqCst);
        Changing(&self.generation)
    }
}

/// A commit is under way.
pub(super) struct Changing<'a>(&'a AtomicU64);

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn weight(_: &Key, entry: &Entry) -> u32 {
    let image = &entry.found.image;
    let names = image.tags.len() + image.digests.len() + image.layer_sizes.len() / 32;
    u32::try_from(ENTRY + image.config.len() + NAME * names).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
