//! How a client names an image that the store holds: an ID, a reference, or the beginning of an ID.

use std::fmt;

use super::{
    digest::Digest,
    reference::{Reference, ReferenceError},
};

/// Docker's three ways to name a local image, in the order in which they are tried.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ImageName {
    /// 64 hex digits, with or without `sha256:`.
    Id(Digest),
    /// A reference; failing that, the beginning of an ID if it reads like one.
    Reference {
        /// With `latest` where nothing was written.
        reference: Reference,
        /// Tried when no name matches.
        prefix: Option<IdPrefix>,
    },
}

/// 1 to 63 hex digits that begin an image ID.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IdPrefix(Box<str>);

impl IdPrefix {
    fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:").unwrap_or(text);
        let is_hex = hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        (is_hex && (1..64).contains(&hex.len())).then(|| Self(hex.into()))
    }

    /// The digits.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.0
    }
}

impl ImageName {
    /// Reads a name as Docker's `{name}` path segment is read.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if let Ok(id) = Digest::from_sha256_hex(text.strip_prefix("sha256:").unwrap_or(text)) {
            return Ok(Self::Id(id));
        }
        let reference = text.parse::<Reference>()?.or_latest();
        Ok(Self::Reference { reference, prefix: IdPrefix::parse(text) })
    }
}

/// That name and nothing else.
impl From<Reference> for ImageName {
    fn from(reference: Reference) -> Self {
        Self::Reference { reference: reference.or_latest(), prefix: None }
    }
}

/// As `No such image: …` shows it.
impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Reference { reference, .. } => f.write_str(&reference.familiar()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_id_is_an_id_with_or_without_its_algorithm() {
        let hex = "a".repeat(64);
        let id = ImageName::Id(Digest::from_sha256_hex(&hex).unwrap());
        assert_eq!(ImageName::parse(&hex), Ok(id.clone()));
        assert_eq!(ImageName::parse(&format!("sha256:{hex}")), Ok(id));
    }

    #[test]
    fn a_short_id_is_a_name_first_and_a_prefix_second() {
        for text in ["dbcc1", "sha256:dbcc1"] {
            let Ok(ImageName::Reference { prefix: Some(prefix), .. }) = ImageName::parse(text) else {
                panic!("{text} has no prefix");
            };
            assert_eq!(prefix.hex(), "dbcc1");
        }
        assert_eq!(ImageName::parse("dbcc1").unwrap().to_string(), "dbcc1:latest");
    }

    #[test]
    fn a_name_with_other_letters_is_never_a_prefix() {
        assert!(matches!(ImageName::parse("alpine"), Ok(ImageName::Reference { prefix: None, .. })));
    }
}
