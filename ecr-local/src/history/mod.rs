//! What was asked of a registry on both planes, and how it was answered: the last requests, in memory.
//!
//! Invariants: it never grows beyond its bound. It holds no secret and nothing of a body. A request is in it before its answer is sent.

mod entry;
mod filter;

pub use entry::Entry;
pub use filter::Filter;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;

/// The last requests. All clones are the same history.
#[derive(Clone, Debug)]
pub struct History(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    capacity: usize,
    ring: Mutex<Ring>,
}

#[derive(Default, Debug)]
struct Ring {
    /// The id of the last entry that ever was.
    last: u64,
    entries: VecDeque<Entry>,
}

/// Some of the requests, the oldest first.
#[derive(Clone, PartialEq, Default, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Page {
    /// Those that the filter takes.
    pub entries: Vec<Entry>,
    /// The id behind which the next page begins. Nothing if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl History {
    pub(crate) fn new(capacity: usize) -> Self {
        Self(Arc::new(Inner { capacity, ring: Mutex::default() }))
    }

    /// All that the filter takes, the oldest first.
    #[must_use]
    pub fn find(&self, filter: &Filter) -> Vec<Entry> {
        self.page(filter, 0, usize::MAX).entries
    }

    /// At most `count` of those that the filter takes, behind an id, the oldest first.
    #[must_use]
    pub fn page(&self, filter: &Filter, behind: u64, count: usize) -> Page {
        let ring = self.ring();
        let mut found = ring.entries.iter().filter(|entry| entry.id > behind && filter.takes(entry));
        let entries: Vec<_> = found.by_ref().take(count).cloned().collect();
        let next = found.next().and(entries.last()).map(|entry| entry.id);
        Page { entries, next }
    }

    /// Forgets all requests. Ids go on.
    pub fn clear(&self) {
        self.ring().entries.clear();
    }

    /// Whether anything is kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.0.capacity > 0
    }

    /// Keeps a request, under the next id.
    pub(crate) fn note(&self, entry: Entry) {
        let mut ring = self.ring();
        ring.last += 1;
        let id = ring.last;
        if ring.entries.len() >= self.0.capacity {
            ring.entries.pop_front();
        }
        ring.entries.push_back(Entry { id, ..entry });
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
