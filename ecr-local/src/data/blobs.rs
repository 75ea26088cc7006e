//! `GET`, `HEAD` and `DELETE /v2/<name>/blobs/<digest>`

use std::io;

use http::{HeaderValue, StatusCode, header, request::Parts};

use super::{
    Asked, DataPlane, answer,
    errors::Error,
    range::{self, Wanted},
};
use crate::wire::{Answer, Content};
use crate::{
    blobs::{FileContent, on_disk},
    model::{Digest, RepositoryName},
    state::KnownBlob,
};

const UNCHANGING: HeaderValue = HeaderValue::from_static("max-age=31536000");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// All of the blob, or a part.
pub(super) async fn get(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    digest: Digest,
) -> Result<Answer, Error> {
    let repository = plane.repository(asked, name).await?;
    at_hand(plane, repository, &digest).await?;
    if is_fresh(&asked.head, &digest) {
        return described(answer::empty(StatusCode::NOT_MODIFIED), &digest);
    }
    let (blobs, wanted) = (plane.store.blobs.clone(), digest.clone());
    let (file, size) = match on_disk(move || blobs.open(&wanted)).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Somebody took the file away by hand. A client that hears this pushes it again.
            tracing::error!(%digest, "the file of a blob is missing");
            return Err(Error::BlobUnknown(digest));
        }
        opened => opened?,
    };
    let mut answer = match wanted_range(&asked.head, &digest, size) {
        Wanted::Beyond => return Err(Error::Range(size)),
        Wanted::All => answer::with(StatusCode::OK, Content::File(FileContent::new(file, 0..size)?)),
        Wanted::Part(range) => {
            let said = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            let content = FileContent::new(file, range)?;
            let mut answer = answer::with(StatusCode::PARTIAL_CONTENT, Content::File(content));
            answer::set(&mut answer, header::CONTENT_RANGE, &said)?;
            answer
        }
    };
    answer.headers_mut().insert(header::CONTENT_TYPE, BYTES);
    described(answer, &digest)
}

/// That it is there, and how large it is.
pub(super) async fn head(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    digest: Digest,
) -> Result<Answer, Error> {
    let repository = plane.repository(asked, name).await?;
    let known = at_hand(plane, repository, &digest).await?;
    let mut answer = answer::empty(StatusCode::OK);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, BYTES);
    headers.insert(header::CONTENT_LENGTH, known.size.into());
    described(answer, &digest)
}

/// Takes the blob from the repository. A blob that a manifest needs stays.
pub(super) async fn delete(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    digest: Digest,
) -> Result<Answer, Error> {
    plane.check_delete()?;
    let repository = plane.repository(asked, name).await?;
    if plane.store.state.remove_blob(repository, &digest).await? {
        return Ok(answer::empty(StatusCode::ACCEPTED));
    }
    match plane.store.state.blob(repository, &digest).await? {
        Some(_) => Err(Error::Unsupported("a manifest refers to the blob".to_owned())),
        None => Err(Error::BlobUnknown(digest)),
    }
}

/// What is in the archive is as good as not there, so that whoever pushes the image again brings it.
async fn at_hand(plane: &DataPlane, repository: i64, digest: &Digest) -> Result<KnownBlob, Error> {
    let known = plane.store.promise_blob(repository, digest).await?.filter(|known| !known.is_archived);
    known.ok_or_else(|| Error::BlobUnknown(digest.clone()))
}

fn described(mut answer: Answer, digest: &Digest) -> Result<Answer, Error> {
    answer::set_digest(&mut answer, digest)?;
    answer::set(&mut answer, header::ETAG, &answer::entity_tag(digest))?;
    let headers = answer.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, UNCHANGING);
    Ok(answer)
}

/// Whether the client holds the content already (`If-None-Match`).
pub(super) fn is_fresh(head: &Parts, digest: &Digest) -> bool {
    let tag = answer::entity_tag(digest);
    let held = head.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    held.is_some_and(|held| held.split(',').any(|entry| entry.trim().trim_start_matches("W/") == tag))
}

/// A range of other content than this is no range (`If-Range`).
fn wanted_range(head: &Parts, digest: &Digest, size: u64) -> Wanted {
    let text = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let applies = text(header::IF_RANGE).is_none_or(|tag| tag == answer::entity_tag(digest));
    match text(header::RANGE) {
        Some(range) if applies => range::wanted(range, size),
        _ => Wanted::All,
    }
}
