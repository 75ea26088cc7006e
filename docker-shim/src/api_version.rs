//! Versions of the Docker API, as paths write them.

use std::fmt;

/// A Docker API version: "1.44".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ApiVersion {
    major: u32,
    minor: u32,
}

impl ApiVersion {
    /// The version `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Reads digits and dots. As in Docker a part that is no number counts as 0.
    pub fn parse(text: &str) -> Self {
        let mut parts = text.split('.').map(number);
        Self { major: parts.next().unwrap_or(0), minor: parts.next().unwrap_or(0) }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A number too large for the type is larger than every version there is, so the largest stands for it.
fn number(digits: &str) -> u32 {
    match digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true if digits.is_empty() => 0,
        true => digits.parse().unwrap_or(u32::MAX),
        false => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(ApiVersion::parse("1.9") < ApiVersion::parse("1.24"));
        assert!(ApiVersion::parse("1.100") > ApiVersion::new(1, 51));
        assert!(ApiVersion::parse("2") > ApiVersion::new(1, 51));
        assert!(ApiVersion::parse("99999999999.1") > ApiVersion::new(1, 51));
    }

    #[test]
    fn odd_versions_are_old_ones() {
        for odd in ["", ".", "..", ".44"] {
            assert!(ApiVersion::parse(odd) < ApiVersion::new(1, 24), "{odd}");
        }
    }
}
