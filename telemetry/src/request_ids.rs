//! IDs for requests that come without one.

use std::{
    hash::{BuildHasher as _, RandomState},
    iter::successors,
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use http::HeaderValue;

/// Eight digits, a dash, and a number of 64 bits.
const LONGEST: usize = 29;

/// Numbers requests: `5f1d03aa-17`, where the first half is this process's own.
#[derive(Debug)]
pub struct RequestIds {
    process: String,
    next: AtomicU64,
}

impl RequestIds {
    /// With a first half that is hardly ever another process's.
    #[must_use]
    pub fn new() -> Self {
        // Seeded by the system; nobody has to be kept from guessing it.
        let random = RandomState::new().hash_one(std::process::id());
        Self { process: format!("{:08x}-", random >> 32), next: AtomicU64::new(0) }
    }

    /// The next ID.
    pub(crate) fn next(&self) -> Option<HeaderValue> {
        let id = Id::new(&self.process, self.next.fetch_add(1, Ordering::Relaxed));
        HeaderValue::from_maybe_shared(Bytes::from_owner(id)).ok()
    }
}

impl Default for RequestIds {
    fn default() -> Self {
        Self::new()
    }
}

/// An ID at the end of its room. Every request has one, so it costs a single allocation, which all copies of it share.
struct Id {
    room: [u8; LONGEST],
    begin: usize,
}

impl Id {
    fn new(process: &str, number: u64) -> Self {
        let (mut room, mut begin) = ([0; LONGEST], LONGEST);
        let rest = successors(Some(number), |number| number.checked_div(10).filter(|rest| *rest > 0));
        let digits = rest.map(|rest| b'0' + (rest % 10) as u8);
        for (place, byte) in room.iter_mut().rev().zip(digits.chain(process.bytes().rev())) {
            *place = byte;
            begin -= 1;
        }
        Self { room, begin }
    }
}

impl AsRef<[u8]> for Id {
    fn as_ref(&self) -> &[u8] {
        self.room.get(self.begin..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_numbered_behind_what_is_the_processs_own() {
        let ids = RequestIds::new();
        let numbers: Vec<_> = (0..101).map(|_| ids.next().unwrap()).collect();
        let (process, _) = numbers[0].to_str().unwrap().split_once('-').unwrap();
        assert_eq!(process.len(), 8);
        for (number, id) in numbers.iter().enumerate() {
            assert_eq!(id, &format!("{process}-{number}"));
        }
        assert_eq!(Id::new("5f1d03aa-", u64::MAX).as_ref(), b"5f1d03aa-18446744073709551615");
    }
}
