//! Fetches a manifest or an index and proves that it is the one.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, header};

use super::{
    ask::{self, Ask, MANIFEST_CAP, Wanted},
    endpoint::Site,
    error,
    fetch::{Caller, Fetcher},
    transport::Answer,
};
use crate::{
    error::{Error, Result},
    model::{Descriptor, Digest, Manifest, Repository, Target},
    ports::AnsweredBy,
};

const CONTENT_DIGEST: &str = "docker-content-digest";

/// A repository, as one caller sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) fetcher: &'a Arc<Fetcher>,
    pub(super) site: &'a Site,
    pub(super) repository: &'a Repository,
    pub(super) caller: Caller<'a>,
}

impl View<'_> {
    /// What a tag or a digest points at, and who said so.
    pub(super) async fn manifest(&self, target: &Target) -> Result<(Manifest, AnsweredBy)> {
        let ask = Ask::get(Wanted::Manifest { repository: self.repository, target });
        let read = |answer: Answer| {
            let digest = verify(target, &answer.headers, &answer.body)?;
            parse(ask::reference(self.repository, target), digest, &answer)
        };
        self.fetcher.fetch(self.site, &ask, self.caller, read).await
    }

    /// What an entry of an index points at.
    pub(super) async fn child(&self, entry: &Descriptor) -> Result<Manifest> {
        let target = Target::Digest(entry.digest.clone());
        let ask = Ask::get(Wanted::Manifest { repository: self.repository, target: &target });
        if entry.size > MANIFEST_CAP {
            return Err(error::manifest_too_large(&ask));
        }
        let read = |answer: Answer| {
            verify_size(entry, &answer.body)?;
            let digest = verify(&target, &answer.headers, &answer.body)?;
            parse(ask::reference(self.repository, &target), digest, &answer)
        };
        self.fetcher.fetch(self.site, &ask, self.caller, read).await.map(|(manifest, _)| manifest)
    }
}

/// The digest that an answer's header claims; nothing if it cannot be read.
pub(super) fn claimed_digest(headers: &HeaderMap) -> Option<Digest> {
    headers.get(CONTENT_DIGEST)?.to_str().ok()?.trim().parse().ok()
}

/// The digest of the bytes: the one that was asked for, or for a tag their sha256, which the header must not contradict.
pub(super) fn verify(target: &Target, headers: &HeaderMap, body: &Bytes) -> Result<Digest> {
    let claimed = match target {
        Target::Digest(digest) => Some(digest.clone()),
        Target::Tag(_) => claimed_digest(headers),
    };
    if let Some(expected) = claimed.as_ref().filter(|claimed| !claimed.matches(body)) {
        let mut hasher = expected.hasher();
        hasher.update(body);
        return Err(Error::ContentMismatch {
            what: "manifest",
            expected: expected.to_string(),
            found: hasher.finish().to_string(),
        });
    }
    Ok(match target {
        Target::Digest(digest) => digest.clone(),
        Target::Tag(_) => Digest::of(body),
    })
}

fn verify_size(entry: &Descriptor, body: &Bytes) -> Result<()> {
    if body.len() as u64 == entry.size {
        return Ok(());
    }
    Err(Error::ContentMismatch {
        what: "manifest",
        expected: entry.digest.to_string(),
        found: format!("{} bytes, not {}", body.len(), entry.size),
    })
}

fn parse(reference: String, digest: Digest, answer: &Answer) -> Result<Manifest> {
    let content_type = answer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Manifest::parse(digest, content_type, answer.body.clone())
        .map_err(|fault| error::manifest_fault(reference, fault))
}
