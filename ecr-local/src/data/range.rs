//! Parts of content: which one a client wants of a blob (`Range`), and which one it sends (`Content-Range`).

use std::ops::Range;

use crate::blobs::Placed;

/// What a `Range` header asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// Everything: also for several ranges, and for units other than bytes (RFC 9110, section 14.2).
    All,
    Part(Range<u64>),
    /// Nothing of it is there.
    Beyond,
}

/// Reads `bytes=a-b`, `bytes=a-` or `bytes=-n` for content of a size.
pub(crate) fn wanted(header: &str, size: u64) -> Wanted {
    let Some((first, last)) = header.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-'))
    else {
        return Wanted::All;
    };
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Wanted::All,
    };
    if range.is_empty() { Wanted::Beyond } else { Wanted::Part(range) }
}

/// Reads `a-b` (distribution-spec, "Pushing a blob in chunks"), or `bytes a-b/n` as HTTP has it.
pub(crate) fn placed(header: &str) -> Option<Placed> {
    let range = header.strip_prefix("bytes ").unwrap_or(header);
    let range = range.split_once('/').map_or(range, |(range, _)| range);
    let (first, last) = range.split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    let length = last.checked_sub(first)?.checked_add(1)?;
    Some(Placed { start: first, length })
}

/// Digits alone.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_what_is_there() {
        for (header, range) in [
            ("bytes=0-0", 0..1),
            ("bytes=2-", 2..10),
            ("bytes=2-99", 2..10),
            ("bytes=-3", 7..10),
            ("bytes=-99", 0..10),
        ] {
            assert_eq!(wanted(header, 10), Wanted::Part(range), "{header}");
        }
        for header in ["bytes=10-", "bytes=10-12", "bytes=-0"] {
            assert_eq!(wanted(header, 10), Wanted::Beyond, "{header}");
        }
    }

    #[test]
    fn what_is_no_single_range_asks_for_everything() {
        for header in
            ["", "bytes", "bytes=", "bytes=-", "bytes=3-2", "bytes=0-1,3-4", "lines=1-2", "bytes=+1-2"]
        {
            assert_eq!(wanted(header, 10), Wanted::All, "{header}");
        }
    }

    #[test]
    fn both_ways_to_place_a_chunk_are_read() {
        let chunk = Some(Placed { start: 5, length: 5 });
        assert_eq!((placed("5-9"), placed("bytes 5-9/100")), (chunk, chunk));
        for header in ["", "5", "9-5", "-5", "5-", "a-b", "0-18446744073709551615"] {
            assert_eq!(placed(header), None, "{header}");
        }
    }
}
