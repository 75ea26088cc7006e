//! `GET`, `HEAD` and `DELETE /v2/<name>/blobs/<digest>`

use std::{io, time::Duration};

use http::{HeaderValue, StatusCode, header, request::Parts};
use secrecy::ExposeSecret;

use super::{
    Asked, DOWNLOAD, DataPlane, answer,
    errors::Error,
    range::{self, Wanted},
};
use crate::wire::{Answer, Content};
use crate::{
    blobs::{FileContent, on_disk},
    model::{Digest, RepositoryName},
    pull_through::UpstreamError,
    quirks::Quirk,
    state::KnownBlob,
};

const UNCHANGING: HeaderValue = HeaderValue::from_static("max-age=31536000");
/// As long as the addresses are good that ECR redirects to.
const URL_LIFETIME: Duration = Duration::from_secs(60 * 60);
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// All of the blob, or a part.
pub(super) async fn get(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    digest: Digest,
) -> Result<Answer, Error> {
    fetch_if_missing(plane, asked, name, &digest).await?;
    if plane.quirks.has(Quirk::BlobRedirect) && asked.query.first(DOWNLOAD).is_none() {
        return redirected(plane, asked, name, &digest);
    }
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

/// That it is there, and how large it is. Upstream is not asked: so clients ask who are about to push.
pub(super) async fn head(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    digest: Digest,
) -> Result<Answer, Error> {
    let known = kept(plane, asked, name, &digest).await?;
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

/// To the same blob, at an address that opens it without a password.
fn redirected(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    digest: &Digest,
) -> Result<Answer, Error> {
    let token = plane.auth.download_token(&asked.registry, name.as_str(), digest, URL_LIFETIME);
    let host = asked.head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let location = format!("http://{host}/v2/{name}/blobs/{digest}?{DOWNLOAD}={}", token.expose_secret());
    let mut answer = answer::empty(StatusCode::TEMPORARY_REDIRECT);
    answer::set(&mut answer, header::LOCATION, &location)?;
    Ok(answer)
}

/// Sees to it that a blob is here, which comes from upstream if it has to.
async fn fetch_if_missing(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    digest: &Digest,
) -> Result<(), Error> {
    let missing = match kept(plane, asked, name, digest).await {
        Err(missing @ (Error::NameUnknown(_) | Error::BlobUnknown(_))) => missing,
        found => return found.map(drop),
    };
    match plane.pull_through.blob(&asked.registry, name, digest).await {
        Ok(false) | Err(UpstreamError::NotFound) => Err(missing),
        fetched => {
            fetched?;
            kept(plane, asked, name, digest).await.map(drop)
        }
    }
}

/// A blob that is here. What is in the archive is as good as not there, so that whoever pushes the image again brings it.
async fn kept(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    digest: &Digest,
) -> Result<KnownBlob, Error> {
    let repository = plane.repository(asked, name).await?;
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
