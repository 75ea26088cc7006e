//! `/v2/<name>/manifests/<reference>`: pulling, pushing and deleting manifests.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, StatusCode, header};

use super::{Asked, DataPlane, answer, blobs::is_fresh, errors::Error};
use crate::wire::{Answer, Content, RequestBody};
use crate::{
    manifest::{self, media_type},
    model::{Digest, ImageStatus, Reference, RepositoryName, Tag},
    pull_through::UpstreamError,
    quirks::Quirk,
    state::{DeleteOutcome, Pushed, PutOutcome, StoredManifest},
};

/// What every registry takes at least (distribution-spec, "Pushing Manifests"), and most take at most.
const LARGEST: usize = 4 * 1024 * 1024;

const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const TAG: HeaderName = HeaderName::from_static("oci-tag");

/// `GET` and `HEAD`
pub(super) async fn get(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    reference: &str,
) -> Result<Answer, Error> {
    let unknown = || Error::ManifestUnknown(reference.to_owned());
    let Ok(reference) = reference.parse::<Reference>() else {
        // What can be no name of a manifest is that of none.
        plane.repository(asked, name).await?;
        return Err(match plane.quirks.has(Quirk::InvalidTagRefused) {
            true => Error::TagInvalid,
            false => unknown(),
        });
    };
    let (repository, found) = find(plane, asked, name, &reference).await?;
    let mut found = at_hand(found.ok_or_else(unknown)?)?;
    if let Some(child) = stand_in(&asked.head.headers, &reference, &found)? {
        let (_, stored) = find(plane, asked, name, &Reference::Digest(child)).await?;
        found = at_hand(stored.ok_or_else(unknown)?)?;
    }
    let fresh = is_fresh(&asked.head, &found.digest);
    let mut answer = match fresh {
        true => answer::empty(StatusCode::NOT_MODIFIED),
        false if asked.head.method == Method::GET => {
            let principal = asked.caller.principal.as_deref();
            plane.store.state.note_pull(&asked.registry, repository, &found, principal).await?;
            answer::with(StatusCode::OK, Content::Whole(Bytes::from(found.content)))
        }
        false => answer::with(StatusCode::OK, Content::Whole(Bytes::from(found.content))),
    };
    if !plane.quirks.has(Quirk::NoManifestDigest) {
        answer::set_digest(&mut answer, &found.digest)?;
    }
    answer::set(&mut answer, header::ETAG, &answer::entity_tag(&found.digest))?;
    answer::set(&mut answer, header::CONTENT_TYPE, &found.media_type)?;
    Ok(answer)
}

/// A manifest, which comes from upstream if it has to, and the id of its repository.
async fn find(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    reference: &Reference,
) -> Result<(i64, Option<StoredManifest>), Error> {
    let fetched = match plane.pull_through.manifest(&asked.registry, name, reference).await {
        Err(UpstreamError::NotFound) => None,
        fetched => fetched?,
    };
    let repository = plane.repository(asked, name).await?;
    match fetched {
        Some(fetched) => Ok((repository, Some(fetched))),
        None => Ok((repository, plane.store.state.manifest(repository, reference).await?)),
    }
}

fn at_hand(found: StoredManifest) -> Result<StoredManifest, Error> {
    match found.status {
        ImageStatus::Active => Ok(found),
        ImageStatus::Archived | ImageStatus::Activating => Err(Error::ManifestArchived(found.digest)),
    }
}

/// What a client gets that does not take the type that is there, as distribution has it: of a Docker list that was asked for by tag
/// the manifest for linux/amd64, else nothing. A Docker type that was asked for by digest comes as it is.
fn stand_in(
    headers: &HeaderMap,
    reference: &Reference,
    found: &StoredManifest,
) -> Result<Option<Digest>, Error> {
    if media_type::accepts(headers, &found.media_type) {
        return Ok(None);
    }
    let not_accepted = || Error::NotAccepted(found.media_type.clone());
    match (found.media_type.as_str(), reference) {
        (media_type::DOCKER_LIST, Reference::Tag(_)) => {
            manifest::for_platform(&found.content, "linux", "amd64").map(Some).ok_or_else(not_accepted)
        }
        (media_type::DOCKER_LIST | media_type::DOCKER_MANIFEST, Reference::Digest(_)) => Ok(None),
        _ => Err(not_accepted()),
    }
}

/// `PUT`
pub(super) async fn put(
    plane: &DataPlane,
    asked: &Asked,
    body: &mut RequestBody,
    name: &RepositoryName,
    reference: Reference,
) -> Result<Answer, Error> {
    let tags = tags(asked, &reference)?;
    let content = body.read(LARGEST).await?.ok_or(Error::ManifestTooLarge)?;
    let digest = match reference {
        Reference::Tag(_) => Digest::of(&content),
        Reference::Digest(digest) if digest == Digest::by(digest.algorithm(), &content) => digest,
        Reference::Digest(_) => return Err(Error::DigestInvalid("the manifest has another digest")),
    };
    let content_type = asked.head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let manifest = manifest::read(&content, content_type.unwrap_or_default(), digest)?;
    if manifest.subject.is_some() && plane.quirks.has(Quirk::ReferrersRefused) {
        return Err(Error::Unsupported("manifests with a subject are not taken".to_owned()));
    }
    let repository = plane.repository_to_push_to(asked, name).await?;
    match plane.store.state.put_manifest(repository, &manifest, &tags, Pushed::Again).await? {
        PutOutcome::Recorded | PutOutcome::Known => {}
        PutOutcome::Missing(digest) if plane.quirks.has(Quirk::MissingLayerCode) => {
            return Err(Error::LayersUnknown(name.clone(), asked.registry.account.clone(), digest));
        }
        PutOutcome::Missing(digest) => return Err(Error::ManifestBlobUnknown(digest)),
        PutOutcome::TagImmutable(tag) => return Err(Error::TagImmutable(tag)),
    }
    let mut answer = answer::empty(StatusCode::CREATED);
    answer::set(&mut answer, header::LOCATION, &format!("/v2/{name}/manifests/{}", manifest.digest))?;
    answer::set_digest(&mut answer, &manifest.digest)?;
    if let Some(subject) = &manifest.subject {
        answer::set(&mut answer, SUBJECT, &subject.to_string())?;
    }
    for tag in asked.query.all("tag") {
        answer::set(&mut answer, TAG, tag)?;
    }
    Ok(answer)
}

/// The tag of the path, or those of the query (`?tag=`, several).
fn tags(asked: &Asked, reference: &Reference) -> Result<Vec<Tag>, Error> {
    let extra = asked.query.all("tag").map(|tag| tag.parse().map_err(|_| Error::TagInvalid));
    let mut tags = extra.collect::<Result<Vec<Tag>, Error>>()?;
    if let Reference::Tag(tag) = reference {
        tags.push(tag.clone());
    }
    Ok(tags)
}

/// `DELETE`: the manifest with all its tags, or one tag alone.
pub(super) async fn delete(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    reference: Reference,
) -> Result<Answer, Error> {
    plane.check_delete()?;
    let repository = plane.repository(asked, name).await?;
    let state = &plane.store.state;
    let outcome = match &reference {
        Reference::Tag(tag) if state.delete_tag(repository, tag).await? => DeleteOutcome::Deleted,
        Reference::Tag(_) => DeleteOutcome::Unknown,
        Reference::Digest(digest) => state.delete_manifest(repository, digest).await?,
    };
    match outcome {
        DeleteOutcome::Deleted => Ok(answer::empty(StatusCode::ACCEPTED)),
        DeleteOutcome::Unknown => Err(Error::ManifestUnknown(reference.to_string())),
        DeleteOutcome::ReferredTo(parent) => {
            Err(Error::Unsupported(format!("the index {parent} refers to the manifest")))
        }
    }
}
