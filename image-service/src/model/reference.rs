//! Image references by Docker's rule (distribution/reference): `[domain[:port]/]path[:tag][@digest]`.
//!
//! Invariant: this is the only parser of references. A `Reference` keeps tag *and* digest; content is fetched by the digest when there is one.

mod grammar;

use std::{fmt, str::FromStr};

use super::digest::{Digest, DigestError};
use grammar::{check_domain, check_path};

const DEFAULT_DOMAIN: &str = "docker.io";
const LEGACY_DOMAIN: &str = "index.docker.io";
const OFFICIAL: &str = "library/";
const MAX_TAG: usize = 128;

/// A repository in canonical form: `docker.io/library/nginx`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Repository {
    domain: Box<str>,
    path: Box<str>,
}

/// A tag: one word character, then up to 127 of word characters, `.` and `-`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Tag(Box<str>);

/// A repository with the tag and the digest that the user wrote.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reference {
    /// Where.
    pub repository: Repository,
    /// The tag, if one was written.
    pub tag: Option<Tag>,
    /// The digest, if one was written; it decides.
    pub digest: Option<Digest>,
}

/// What to ask a repository for.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Target {
    /// Whatever the tag points at now.
    Tag(Tag),
    /// Exactly this content.
    Digest(Digest),
}

/// Why a text is no reference. Docker users know these texts.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReferenceError {
    /// Anything without a text of its own.
    #[error("invalid reference format")]
    Format,
    /// The repository has an upper-case letter.
    #[error("invalid reference format: repository name ({0}) must be lowercase")]
    Uppercase(String),
    /// The path is too long.
    #[error("repository name must not be more than 255 characters")]
    TooLong,
    /// An image ID stands where a name should.
    #[error("invalid repository name ({0}), cannot specify 64-byte hexadecimal strings")]
    LooksLikeId(String),
    /// Behind the `@` is something like a digest.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// Behind the `:` is no tag.
    #[error("invalid tag format")]
    Tag,
    /// A name for tags that reads like a digest.
    #[error("refusing to create an ambiguous tag using digest algorithm as name")]
    AlgorithmName,
    /// A digest in the new name of an image.
    #[error("refusing to create a tag with a digest reference")]
    DigestAsTag,
}

impl Repository {
    /// The registry's host, with its port if one was written.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The name within the registry: `library/nginx`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// As Docker shows it: `nginx`, `team/app`, `ghcr.io/team/app`.
    #[must_use]
    pub fn familiar(&self) -> String {
        if &*self.domain != DEFAULT_DOMAIN {
            return self.to_string();
        }
        match self.path.strip_prefix(OFFICIAL) {
            Some(name) if !name.contains('/') => name.to_owned(),
            _ => self.path.to_string(),
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.domain, self.path)
    }
}

impl FromStr for Repository {
    type Err = ReferenceError;

    /// A repository without a tag or a digest.
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let reference: Reference = text.parse()?;
        match (&reference.tag, &reference.digest) {
            (None, None) => Ok(reference.repository),
            _ => Err(ReferenceError::Format),
        }
    }
}

impl Tag {
    /// `latest`.
    #[must_use]
    pub fn latest() -> Self {
        Self("latest".into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Tag {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let bytes = text.as_bytes();
        let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        match bytes.first() {
            Some(first) if word(first) => {}
            _ => return Err(ReferenceError::Tag),
        }
        let rest = bytes.iter().all(|b| word(b) || matches!(b, b'.' | b'-'));
        if !rest || bytes.len() > MAX_TAG {
            return Err(ReferenceError::Tag);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

impl Reference {
    /// A tag of a repository.
    #[must_use]
    pub const fn tagged(repository: Repository, tag: Tag) -> Self {
        Self { repository, tag: Some(tag), digest: None }
    }

    /// Puts `text`, a tag or a digest, in place of what the reference names now (the `tag` parameter of `POST /images/create`).
    pub fn pointing_at(self, text: &str) -> Result<Self, ReferenceError> {
        if text.contains(':') {
            let digest = text.parse().map_err(|_| ReferenceError::Tag)?;
            return Ok(Self { tag: None, digest: Some(digest), ..self });
        }
        Ok(Self { tag: Some(text.parse()?), digest: None, ..self })
    }

    /// With `latest` if neither a tag nor a digest was written.
    #[must_use]
    pub fn or_latest(self) -> Self {
        if self.tag.is_some() || self.digest.is_some() {
            return self;
        }
        Self { tag: Some(Tag::latest()), ..self }
    }

    /// What to fetch: the digest if there is one, else the tag, else nothing in particular.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        let digest = self.digest.clone().map(Target::Digest);
        digest.or_else(|| self.tag.clone().map(Target::Tag))
    }

    /// As Docker shows it: `nginx:1.25`, `team/app@sha256:…`.
    #[must_use]
    pub fn familiar(&self) -> String {
        self.written_with(self.repository.familiar())
    }

    fn written_with(&self, mut text: String) -> String {
        if let Some(tag) = &self.tag {
            text = format!("{text}:{tag}");
        }
        if let Some(digest) = &self.digest {
            text = format!("{text}@{digest}");
        }
        text
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written_with(self.repository.to_string()))
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(ReferenceError::LooksLikeId(text.to_owned()));
        }
        let (domain, remainder) = split_domain(text);
        let (remainder, digest) = split_digest(remainder)?;
        let (path, tag) = split_tag(remainder)?;
        check_domain(&domain)?;
        let path = complete_path(&domain, path);
        check_path(&path)?;
        Ok(Self { repository: Repository { domain: domain.into(), path: path.into() }, tag, digest })
    }
}

/// The first segment is a domain if it is `localhost`, or has a `.`, a `:` or an upper-case letter.
fn split_domain(text: &str) -> (String, &str) {
    let domain = text.split_once('/').filter(|(first, _)| {
        *first == "localhost" || first.contains(['.', ':']) || first.bytes().any(|b| b.is_ascii_uppercase())
    });
    match domain {
        Some((LEGACY_DOMAIN, rest)) => (DEFAULT_DOMAIN.to_owned(), rest),
        Some((domain, rest)) => (domain.to_owned(), rest),
        None => (DEFAULT_DOMAIN.to_owned(), text),
    }
}

/// What has fewer than 32 hex digits does not even look like a digest.
fn split_digest(text: &str) -> Result<(&str, Option<Digest>), ReferenceError> {
    let Some((rest, digest)) = text.split_once('@') else { return Ok((text, None)) };
    let hex = digest.split_once(':').map(|(_, hex)| hex).unwrap_or_default();
    if hex.len() < 32 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(ReferenceError::Format);
    }
    Ok((rest, Some(digest.parse()?)))
}

fn split_tag(text: &str) -> Result<(&str, Option<Tag>), ReferenceError> {
    let Some((path, tag)) = text.split_once(':') else { return Ok((text, None)) };
    let tag = tag.parse().map_err(|_| ReferenceError::Format)?;
    Ok((path, Some(tag)))
}

fn complete_path(domain: &str, path: &str) -> String {
    if domain == DEFAULT_DOMAIN && !path.contains('/') {
        return format!("{OFFICIAL}{path}");
    }
    path.to_owned()
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
