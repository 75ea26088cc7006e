//! Tells blocks that do not compress: those of archives, pictures and packages inside a layer.

/// Bytes that are looked at, spread over the block.
const SAMPLE: usize = 4096;
/// Of bytes that are evenly distributed, pairs meet so often by chance; what deviates by a fifth has something for deflate to find.
const MOST_PAIRS: usize = SAMPLE * SAMPLE / 256 * 6 / 5;

/// Whether all bytes are about as frequent in a block, as they are in what has been compressed or encrypted.
pub(super) fn is_noise(block: &[u8]) -> bool {
    let mut counts = [0_usize; 256];
    // Odd, so that records of an even size show every one of their bytes.
    let Some(step) = (block.len() / SAMPLE).checked_sub(1).map(|step| step | 1) else { return false };
    for byte in block.iter().step_by(step).take(SAMPLE) {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    counts.iter().map(|count| count * count).sum::<usize>() <= MOST_PAIRS
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: usize = 256 * 1024;

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let next = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        (0..length).map(next).collect()
    }

    #[test]
    fn what_compresses_is_no_noise() {
        let text = b"usr/lib/x86_64-linux-gnu/".iter().copied().cycle().take(LENGTH).collect();
        let numbers = (0..LENGTH as u64 / 8).flat_map(u64::to_le_bytes).collect();
        let letters = noise(LENGTH).into_iter().map(|byte| b'a' + byte % 16).collect();
        let mixed = [noise(LENGTH / 2), vec![0; LENGTH / 2]].concat();
        for block in [text, numbers, letters, mixed, vec![0; LENGTH]] as [Vec<u8>; 5] {
            assert!(!is_noise(&block));
        }
    }

    #[test]
    fn noise_is_known_if_there_is_enough_of_it() {
        assert!(is_noise(&noise(LENGTH)) && is_noise(&noise(SAMPLE)));
        assert!(!is_noise(&noise(SAMPLE - 1)) && !is_noise(&[]));
    }
}
