//! Repository names, tags and references (distribution-spec, "Pulling manifests").

use std::{fmt, str::FromStr};

use super::Digest;

const LONGEST_NAME: usize = 256;
const LONGEST_PUBLIC_NAME: usize = 205;
const LONGEST_TAG: usize = 128;

/// The path of a repository within its registry: components of lower-case letters and digits with separators between them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RepositoryName(Box<str>);

/// A tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tag(Box<str>);

/// What a manifest is asked for by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Reference {
    Tag(Tag),
    Digest(Digest),
}

/// A text that is none of these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NameError;

impl RepositoryName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a public repository may be called so: fewer characters, and single separators.
    pub(crate) fn is_public(&self) -> bool {
        self.0.len() <= LONGEST_PUBLIC_NAME && !self.0.contains("__") && !self.0.contains("--")
    }
}

impl FromStr for RepositoryName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let valid = text.len() <= LONGEST_NAME && text.split('/').all(is_component);
        valid.then(|| Self(text.into())).ok_or(NameError)
    }
}

/// Runs of letters and digits, with `.`, `_`, `__` or any number of `-` between them.
fn is_component(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let (Some(first), Some(last)) = (text.bytes().next(), text.bytes().last()) else { return false };
    let mut separators = text.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    word(first)
        && word(last)
        && separators.all(|between| {
            matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')
        })
}

impl Tag {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let valid = starts && text.len() <= LONGEST_TAG && text.bytes().all(inner);
        valid.then(|| Self(text.into())).ok_or(NameError)
    }
}

impl FromStr for Reference {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.contains(':') {
            true => text.parse().map(Self::Digest).map_err(|_| NameError),
            false => text.parse().map(Self::Tag),
        }
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_grammar() {
        for name in ["a", "team/app", "a.b_c__d---e/0"] {
            assert!(name.parse::<RepositoryName>().is_ok(), "{name}");
        }
        let long = "a".repeat(257);
        for name in ["", "/", "a/", "a//b", "A", "-a", "a-", "a..b", "a___b", "a/../b", "a b", "é", &long] {
            assert!(name.parse::<RepositoryName>().is_err(), "{name}");
        }
    }

    #[test]
    fn tags_follow_the_grammar() {
        let (longest, too_long) = ("a".repeat(128), "a".repeat(129));
        for tag in ["v1", "_", "V1.2-3_4", &longest] {
            assert!(tag.parse::<Tag>().is_ok(), "{tag}");
        }
        for tag in ["", ".a", "-a", "a+b", "a/b", &too_long] {
            assert!(tag.parse::<Tag>().is_err(), "{tag}");
        }
    }
}
