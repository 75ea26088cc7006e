//! IDs for requests that come without one.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

/// Numbers requests: `5f1d03aa-17`, where the first half is this process's own.
#[derive(Debug)]
pub struct RequestIds {
    process: u32,
    next: AtomicU64,
}

impl RequestIds {
    /// With a first half that is hardly ever another process's.
    #[must_use]
    pub fn new() -> Self {
        // Seeded by the system; nobody has to be kept from guessing it.
        let random = RandomState::new().hash_one(std::process::id());
        Self { process: (random >> 32) as u32, next: AtomicU64::new(0) }
    }

    /// The next ID.
    pub fn next(&self) -> String {
        format!("{:08x}-{}", self.process, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

impl Default for RequestIds {
    fn default() -> Self {
        Self::new()
    }
}
