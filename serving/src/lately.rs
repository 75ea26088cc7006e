//! What was asked lately, told by a few bits of each question.
//!
//! A question that comes once is not worth a place in a cache: to let it in, and another one out, costs as much as to answer it. Old
//! questions make room for new ones, so that some thousand are known at any time.
//!
//! Invariant: a wrong word costs time and nothing else. Two questions may look alike, and two threads may lose a note.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

const SETS: usize = 1024;
/// Each set holds as many prints as fit into 64 bits.
const PRINT_BITS: u32 = 16;

/// The questions of a while.
#[derive(Debug)]
pub struct Lately {
    /// In each the newest print lies lowest; zero is none.
    sets: [AtomicU64; SETS],
    hasher: RandomState,
}

impl Default for Lately {
    fn default() -> Self {
        Self { sets: [const { AtomicU64::new(0) }; SETS], hasher: RandomState::new() }
    }
}

impl Lately {
    /// Notes a question. Whether it was noted already.
    pub fn has(&self, question: &impl Hash) -> bool {
        let hash = self.hasher.hash_one(question);
        let print = hash >> (u64::BITS - PRINT_BITS) | 1;
        let set = &self.sets[hash as usize % SETS];
        let prints = set.load(Relaxed);
        let mask = (1 << PRINT_BITS) - 1;
        let known = (0..u64::BITS).step_by(PRINT_BITS as usize).any(|at| prints >> at & mask == print);
        if !known {
            set.store(prints << PRINT_BITS | print, Relaxed);
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_known_when_it_is_asked_again() {
        let lately = Lately::default();
        assert!(!lately.has(&"a"));
        assert!(!lately.has(&"b"));
        assert!(lately.has(&"a") && lately.has(&"b"));
    }

    #[test]
    fn what_was_asked_long_ago_is_forgotten() {
        let lately = Lately::default();
        let round = || (0..100_000).filter(|number| lately.has(number)).count();
        assert!(round() + round() < 1000);
    }
}
