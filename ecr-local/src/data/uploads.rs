//! `/v2/<name>/blobs/uploads/…`: pushing a blob (distribution-spec, "Pushing blobs").

use http::{HeaderName, StatusCode, header};

use super::{Asked, DataPlane, answer, errors::Error, range};
use crate::wire::{Answer, RequestBody};
use crate::{
    auth::Action,
    blobs::{CompleteError, Placed, ReceiveError, Session, UploadKey},
    model::{Digest, RepositoryName},
    quirks::Quirk,
};

const UPLOAD_UUID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// An upload that a request is about.
struct Upload<'u> {
    name: &'u RepositoryName,
    key: UploadKey,
    session: std::sync::Arc<Session>,
}

/// `POST`: begins an upload, unless the blob is mounted, or whole in the body.
pub(super) async fn begin(
    plane: &DataPlane,
    asked: &Asked,
    body: &mut RequestBody,
    name: &RepositoryName,
) -> Result<Answer, Error> {
    let digest = asked.query.first("digest").map(digest_of).transpose()?;
    let mounted = asked.query.first("mount").map(digest_of).transpose()?;
    let repository = plane.repository_to_push_to(asked, name).await?;
    if let Some(wanted) = mounted.filter(|_| !plane.quirks.has(Quirk::NoMounts))
        && mount(plane, asked, repository, &wanted).await?
    {
        return created(name, &wanted);
    }
    let (key, session) = plane.store.uploads.begin(repository).await?;
    let upload = Upload { name, key, session };
    match digest {
        None => upload.state(StatusCode::ACCEPTED, 0),
        Some(digest) => {
            let received = upload.receive(body, None).await;
            let completed = match received {
                Ok(_) => upload.complete(plane, &digest).await,
                Err(error) => Err(error),
            };
            if completed.is_err() {
                // Nobody was told of it.
                plane.store.end_upload(&upload.key).await?;
            }
            completed
        }
    }
}

/// `PATCH`: the next chunk, or all of it.
pub(super) async fn append(
    plane: &DataPlane,
    asked: &Asked,
    body: &mut RequestBody,
    name: &RepositoryName,
    id: &str,
) -> Result<Answer, Error> {
    let upload = find(plane, asked, name, id).await?;
    let size = upload.receive(body, placed(asked)?).await?;
    let first = upload.session.first_chunk(size);
    let told = if plane.quirks.has(Quirk::StuckRange) { first } else { size };
    let status = match plane.quirks.has(Quirk::PatchCreated) {
        true => StatusCode::CREATED,
        false => StatusCode::ACCEPTED,
    };
    upload.state(status, told)
}

/// `PUT`: the end, with the last chunk perhaps.
pub(super) async fn complete(
    plane: &DataPlane,
    asked: &Asked,
    body: &mut RequestBody,
    name: &RepositoryName,
    id: &str,
) -> Result<Answer, Error> {
    let digest = digest_of(asked.query.first("digest").unwrap_or_default())?;
    let upload = find(plane, asked, name, id).await?;
    if plane.quirks.has(Quirk::EmptyFinishFails) && body.is_over() && upload.has_chunks().await? {
        return Err(Error::internal("a finishing PUT without content fails here, as was asked for"));
    }
    upload.receive(body, placed(asked)?).await?;
    let completed = upload.complete(plane, &digest).await;
    if matches!(completed, Err(Error::DigestInvalid(_))) {
        // The wrong bytes are of no use to anyone, and the right ones cannot follow them.
        plane.store.end_upload(&upload.key).await?;
    }
    completed
}

/// `GET`: how much is there.
pub(super) async fn status(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    id: &str,
) -> Result<Answer, Error> {
    let upload = find(plane, asked, name, id).await?;
    let size = upload.session.size().await?;
    upload.state(StatusCode::NO_CONTENT, size)
}

/// `DELETE`: gives it up.
pub(super) async fn cancel(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    id: &str,
) -> Result<Answer, Error> {
    let upload = find(plane, asked, name, id).await?;
    plane.store.end_upload(&upload.key).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// What is there, as a range. Nothing looks like one byte: clients know it so.
pub(super) fn range(size: u64) -> String {
    format!("0-{}", size.saturating_sub(1))
}

/// Whoever may not read the other repository learns nothing of it, and uploads.
async fn mount(plane: &DataPlane, asked: &Asked, repository: i64, digest: &Digest) -> Result<bool, Error> {
    let from = asked.query.first("from").filter(|from| !from.is_empty());
    let may = match from {
        Some(from) => asked.place.lets(&asked.caller, Action::Pull, Some(from)),
        None => asked.caller.may_everything(),
    };
    let own = from.and_then(|from| asked.place.own_name(from));
    // One of another registry is none.
    let may = may && from.is_some() == own.is_some();
    let state = &plane.store.state;
    Ok(may && state.mount_blob(&asked.registry, repository, digest, own).await?)
}

async fn find<'u>(
    plane: &DataPlane,
    asked: &Asked,
    name: &'u RepositoryName,
    id: &str,
) -> Result<Upload<'u>, Error> {
    let repository = plane.repository(asked, name).await?;
    let key = UploadKey::named(repository, id).ok_or(Error::UploadUnknown)?;
    let session = plane.store.uploads.find(&key).await?.ok_or(Error::UploadUnknown)?;
    Ok(Upload { name, key, session })
}

impl Upload<'_> {
    async fn receive(&self, body: &mut RequestBody, placed: Option<Placed>) -> Result<u64, Error> {
        match self.session.receive(body.begin(), placed).await {
            Ok(size) => Ok(size),
            Err(ReceiveError::Busy) => Err(Error::UploadBusy),
            Err(ReceiveError::Gone) => Err(Error::UploadUnknown),
            Err(ReceiveError::OutOfOrder) => {
                Err(Error::OutOfOrder { location: self.location(), size: self.session.size().await? })
            }
            Err(ReceiveError::Length) => Err(Error::SizeInvalid),
            Err(ReceiveError::Broken) => Err(Error::Broken),
            Err(ReceiveError::Io(error)) => Err(error.into()),
        }
    }

    async fn complete(&self, plane: &DataPlane, digest: &Digest) -> Result<Answer, Error> {
        match plane.store.complete_upload(&self.key, &self.session, digest).await {
            Ok(()) => created(self.name, digest),
            Err(CompleteError::Busy) => Err(Error::UploadBusy),
            Err(CompleteError::Gone) => Err(Error::UploadUnknown),
            Err(CompleteError::Mismatch) => Err(Error::DigestInvalid("the content has another digest")),
            Err(CompleteError::Io(error)) => Err(error.into()),
        }
    }

    /// Whether it came in several.
    async fn has_chunks(&self) -> Result<bool, Error> {
        let size = self.session.size().await?;
        Ok(self.session.first_chunk(size) < size)
    }

    fn location(&self) -> String {
        format!("/v2/{}/blobs/uploads/{}", self.name, self.key.id)
    }

    fn state(&self, status: StatusCode, size: u64) -> Result<Answer, Error> {
        let mut answer = answer::empty(status);
        answer::set(&mut answer, header::LOCATION, &self.location())?;
        answer::set(&mut answer, header::RANGE, &range(size))?;
        answer::set(&mut answer, UPLOAD_UUID, &self.key.id)?;
        Ok(answer)
    }
}

fn created(name: &RepositoryName, digest: &Digest) -> Result<Answer, Error> {
    let mut answer = answer::empty(StatusCode::CREATED);
    answer::set(&mut answer, header::LOCATION, &format!("/v2/{name}/blobs/{digest}"))?;
    answer::set_digest(&mut answer, digest)?;
    Ok(answer)
}

fn digest_of(text: &str) -> Result<Digest, Error> {
    text.parse()
        .map_err(|_| Error::DigestInvalid("the digest is missing, malformed, or of an unsupported algorithm"))
}

/// Where the body belongs, if that is said; the length of the body must agree.
fn placed(asked: &Asked) -> Result<Option<Placed>, Error> {
    let Some(value) = asked.head.headers.get(header::CONTENT_RANGE) else { return Ok(None) };
    let placed = value.to_str().ok().and_then(range::placed).ok_or(Error::ContentRange)?;
    let length = asked.head.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    match length.is_none_or(|length| length == placed.length.to_string()) {
        true => Ok(Some(placed)),
        false => Err(Error::SizeInvalid),
    }
}
