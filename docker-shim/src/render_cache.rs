//! Rendered inspect answers by the name that was asked for.
//!
//! A name that is asked for once is not kept.
//!
//! Invariant: never an answer by itself. Every request asks the service, which says whether the version that is kept here still holds.

use std::sync::Arc;

use bytes::Bytes;
use moka::sync::Cache;
use serving::Lately;
use telemetry::Counter;

/// Some thousand images; a CI host uses a few dozen.
const CAPACITY: u64 = 16 * 1024 * 1024;
/// What an entry costs beside its texts.
const OVERHEAD: usize = 256;

/// By outcome, `hit` or `miss`.
pub(crate) static LOOKUPS: Counter = Counter::new(
    "render.cache.lookups",
    "{lookup}",
    "Answers to inspect that were, or were not, rendered before",
);

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
    lately: Lately,
}

impl RenderCache {
    pub(crate) fn new() -> Self {
        let weigh = |key: &RenderKey, rendered: &Arc<Rendered>| {
            let bytes = OVERHEAD + key.name.len() + rendered.version.len() + rendered.body.len();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let answers = Cache::builder().max_capacity(CAPACITY).weigher(weigh).build();
        Self { answers, lately: Lately::default() }
    }

    pub(crate) fn get(&self, key: &RenderKey) -> Option<Arc<Rendered>> {
        self.answers.get(key)
    }

    /// Keeps an answer if its name is worth it: `known` names are, and those that were asked for lately.
    pub(crate) fn put(&self, key: RenderKey, known: bool, version: String, body: &Bytes) {
        if known || self.lately.has(&key) {
            // A copy, as there is room to spare behind what was just written.
            let rendered = Rendered { version, body: Bytes::copy_from_slice(body) };
            self.answers.insert(key, Arc::new(rendered));
        }
    }
}
