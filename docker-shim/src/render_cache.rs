//! Rendered inspect answers by the name that was asked for.
//!
//! Invariant: never an answer by itself. Every request asks the service, which says whether the version that is kept here still holds.

use std::sync::Arc;

use bytes::Bytes;
use moka::sync::Cache;

/// Some thousand images; a CI host uses a few dozen.
const CAPACITY: u64 = 16 * 1024 * 1024;
/// What an entry costs beside its texts.
const OVERHEAD: usize = 256;

/// What an answer depends on beside the image.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct RenderKey {
    pub(crate) name: String,
    pub(crate) format: u8,
}

/// An answer and the service's version of it.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) version: String,
    pub(crate) body: Bytes,
}

/// Answers, the least used dropped first.
#[derive(Debug)]
pub(crate) struct RenderCache {
    answers: Cache<RenderKey, Arc<Rendered>>,
}

impl RenderCache {
    pub(crate) fn new() -> Self {
        let weigh = |key: &RenderKey, rendered: &Arc<Rendered>| {
            let bytes = OVERHEAD + key.name.len() + rendered.version.len() + rendered.body.len();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self { answers: Cache::builder().max_capacity(CAPACITY).weigher(weigh).build() }
    }

    pub(crate) fn get(&self, key: &RenderKey) -> Option<Arc<Rendered>> {
        self.answers.get(key)
    }

    pub(crate) fn put(&self, key: RenderKey, rendered: Rendered) {
        self.answers.insert(key, Arc::new(rendered));
    }
}
