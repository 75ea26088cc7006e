//! How large a task on Fargate may be.

use super::refusal::TaskRefusal;
use crate::control::errors::Error;

/// CPU units with the least and the most MiB of memory that go with them, and the steps between.
const SIZES: [(u32, u32, u32, u32); 8] = [
    (256, 512, 1024, 512),
    (256, 2048, 2048, 1),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16384, 1024),
    (4096, 8192, 30720, 1024),
    (8192, 16384, 61440, 4096),
    (16384, 32768, 122_880, 8192),
];

/// Reads CPU units (`256`, `.25 vCPU`).
pub(super) fn cpu(text: &str) -> Result<u32, Error> {
    units(text, "vcpu")
        .ok_or_else(|| TaskRefusal::Client("Invalid 'cpu' setting for task.".to_owned()).into())
}

/// Reads MiB of memory (`512`, `0.5 GB`).
pub(super) fn memory(text: &str) -> Result<u32, Error> {
    units(text, "gb")
        .ok_or_else(|| TaskRefusal::Client("Invalid 'memory' setting for task.".to_owned()).into())
}

/// Whether there is a size with both.
pub(super) fn has(cpu: u32, memory: u32) -> bool {
    SIZES.iter().any(|(units, least, most, step)| {
        *units == cpu && (*least..=*most).contains(&memory) && (memory - least).is_multiple_of(*step)
    })
}

/// A whole number of the small unit, or any of the large one, which is 1024 of them.
fn units(text: &str, large: &str) -> Option<u32> {
    let text = text.trim().to_ascii_lowercase();
    let units = match text.strip_suffix(large) {
        None => text.parse().ok()?,
        Some(number) => {
            let (whole, part) = number.trim_end().split_once('.').unwrap_or((number.trim_end(), ""));
            let part_of_ten = 10_u32.checked_pow(u32::try_from(part.len()).ok()?)?;
            let number = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u32>().ok() };
            number(whole)?.checked_mul(1024)?.checked_add(number(part)?.checked_mul(1024)? / part_of_ten)?
        }
    };
    (units > 0).then_some(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_either_unit() {
        for (text, units) in [("256", 256), ("1 vCPU", 1024), (".5vcpu", 512), ("0.25 VCPU", 256)] {
            assert_eq!(cpu(text).ok(), Some(units), "{text}");
        }
        for (text, mib) in [("512", 512), ("1GB", 1024), ("30 gb", 30720)] {
            assert_eq!(memory(text).ok(), Some(mib), "{text}");
        }
        for text in ["", "0", "-1", "x", "1 GB", "NaN vcpu", "1e99 vcpu", "inf vcpu"] {
            assert!(cpu(text).is_err(), "{text}");
        }
    }

    #[test]
    fn not_every_memory_goes_with_every_cpu() {
        for (cpu, memory) in [(256, 512), (256, 2048), (1024, 3072), (16384, 122_880), (8192, 20480)] {
            assert!(has(cpu, memory), "{cpu} {memory}");
        }
        for (cpu, memory) in [(256, 1536), (256, 4096), (512, 512), (8192, 17408), (100, 512)] {
            assert!(!has(cpu, memory), "{cpu} {memory}");
        }
    }
}
