//! Content digests (OCI image-spec, descriptor.md). A `Digest` is safe in a URL, a path and a query by construction.

use std::{fmt, str::FromStr};

use aws_lc_rs::digest::{self, Context};

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    const fn hex_length(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }

    fn hasher(self) -> Hasher {
        let context = Context::new(match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        });
        Hasher { algorithm: self, context }
    }
}

/// `algorithm:hex` with a known algorithm, the right length and lower-case digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Digest {
    algorithm: Algorithm,
    hex: Box<str>,
}

/// Why a text is no digest. The texts are those of Docker's own parser.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DigestError {
    /// Not `algorithm:hex`, or digits that are not lower-case hexadecimal.
    #[error("invalid checksum digest format")]
    Format,
    /// The number of digits does not fit the algorithm.
    #[error("invalid checksum digest length")]
    Length,
    /// Neither sha256, sha384 nor sha512.
    #[error("unsupported digest algorithm")]
    Algorithm,
}

impl Digest {
    /// The sha256 digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::sha256();
        hasher.update(bytes);
        hasher.finish()
    }

    /// A sha256 digest from its 64 digits alone, as Docker writes image IDs.
    pub fn from_sha256_hex(hex: &str) -> Result<Self, DigestError> {
        Self::checked(Algorithm::Sha256, hex)
    }

    /// Whether `bytes` have this digest, by its own algorithm.
    #[must_use]
    pub fn matches(&self, bytes: &[u8]) -> bool {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish() == *self
    }

    /// A hasher of this digest's algorithm, for content that arrives in pieces.
    #[must_use]
    pub fn hasher(&self) -> Hasher {
        self.algorithm.hasher()
    }

    /// The digits.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// Whether `name` is a digest algorithm, and so no name for a repository with tags.
    #[must_use]
    pub fn is_algorithm(name: &str) -> bool {
        Algorithm::ALL.iter().any(|algorithm| algorithm.name() == name)
    }

    fn checked(algorithm: Algorithm, hex: &str) -> Result<Self, DigestError> {
        if hex.len() != algorithm.hex_length() {
            return Err(DigestError::Length);
        }
        if !hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(DigestError::Format);
        }
        Ok(Self { algorithm, hex: hex.into() })
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let (name, hex) = text.split_once(':').ok_or(DigestError::Format)?;
        let algorithm =
            Algorithm::ALL.into_iter().find(|a| a.name() == name).ok_or(DigestError::Algorithm)?;
        Self::checked(algorithm, hex)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex)
    }
}

/// Hashes content that arrives in pieces.
///
/// By a library with code for processors that have no instructions for SHA: every byte of an archive is hashed.
#[derive(Clone)]
pub struct Hasher {
    algorithm: Algorithm,
    context: Context,
}

impl Hasher {
    /// For content that has no digest yet.
    #[must_use]
    pub fn sha256() -> Self {
        Algorithm::Sha256.hasher()
    }

    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    /// The digest of all pieces.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest { algorithm: self.algorithm, hex: hex::encode(self.context.finish()).into() }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_digest_prints_as_it_was_parsed_and_proves_its_content() {
        let digest: Digest = EMPTY.parse().unwrap();
        assert_eq!(digest.to_string(), EMPTY);
        assert_eq!(digest, Digest::of(b""));
        assert!(digest.matches(b"") && !digest.matches(b"x"));
    }

    #[test]
    fn longer_algorithms_are_verified_with_their_own_hash() {
        let hash = digest::digest(&digest::SHA512, b"x");
        let digest: Digest = format!("sha512:{}", hex::encode(hash)).parse().unwrap();
        assert!(digest.matches(b"x") && !digest.matches(b"y"));
    }

    #[test]
    fn what_is_no_digest_says_why() {
        let upper = format!("sha256:{}", "A".repeat(64));
        for (text, why) in [
            ("", DigestError::Format),
            ("sha256", DigestError::Format),
            (upper.as_str(), DigestError::Format),
            ("sha256:abc", DigestError::Length),
            ("md5:d41d8cd98f00b204e9800998ecf8427e", DigestError::Algorithm),
        ] {
            assert_eq!(text.parse::<Digest>(), Err(why), "{text}");
        }
    }
}
