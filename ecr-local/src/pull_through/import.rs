//! Bringing an image here: its manifest, what that refers to, and then the record of it.

use std::{io, sync::Arc};

use futures_util::{StreamExt, TryStreamExt, stream};
use http_body_util::Limited;

use super::{Key, PullThrough, UpstreamError, client::Upstream, flights::Tell};
use crate::{
    blobs::{CompleteError, ReceiveError},
    manifest,
    model::{Digest, ImageStatus, Purpose, Reference, RegistryId, RepositoryName},
    policy,
    state::{CopyOutcome, NewManifest, PullThroughRule, Pushed, PutOutcome, StoredManifest},
};

/// Blobs of an image at once.
const AT_ONCE: usize = 3;
/// As large as a layer may be.
const LARGEST_BLOB: usize = 52_000 * 1024 * 1024;

/// An image on its way.
struct Import {
    repository: i64,
    manifest: NewManifest,
    upstream: Arc<Upstream>,
}

/// Fetches a manifest and tells it. Then fetches what it refers to, and records it.
pub(super) async fn manifest(
    plane: Arc<PullThrough>,
    rule: PullThroughRule,
    name: RepositoryName,
    reference: Reference,
    tell: Tell<Key, Result<StoredManifest, UpstreamError>>,
) {
    if let Some(source) = plane.local_source(&rule) {
        tell.say(copy(&plane, &rule, &source, &name, &reference).await);
        return;
    }
    let import = match begin(&plane, &rule, &name, &reference).await {
        Ok(import) => import,
        Err(error) => {
            tell.say(Err(error));
            return;
        }
    };
    tell.say(Ok(StoredManifest {
        digest: import.manifest.digest.clone(),
        media_type: import.manifest.media_type.clone(),
        pulled: None,
        status: ImageStatus::Active,
        content: import.manifest.content.clone(),
    }));
    if let Err(error) = finish(&plane, &rule, &name, &reference, &import).await {
        tracing::warn!(%error, repository = %name, "an image did not come from upstream as a whole");
    }
}

/// Fetches a blob, unless it is here meanwhile.
pub(super) async fn blob(
    plane: &PullThrough,
    rule: &PullThroughRule,
    name: &RepositoryName,
    digest: &Digest,
    upstream: Option<Arc<Upstream>>,
) -> Result<(), UpstreamError> {
    let state = plane.state();
    if let Some(repository) = state.repository(&rule.registry, name).await?
        && state.blob(repository, digest).await?.is_some()
    {
        return Ok(());
    }
    if let Some(source) = plane.local_source(rule) {
        let from = source_repository(plane, rule, &source, name).await?;
        let known = state.blob(from, digest).await?.filter(|known| !known.is_archived);
        known.ok_or(UpstreamError::NotFound)?;
        let repository = state.repository_for(&rule.registry, name, Purpose::PullThroughCache).await?;
        let is_copied = state.copy_blob(from, digest, repository).await?;
        return is_copied.then_some(()).ok_or(UpstreamError::NotFound);
    }
    let upstream = upstream.map_or_else(|| plane.open(rule).map(Arc::new), Ok)?;
    let body = upstream.blob(&rule.upstream_name(name.as_str()), digest).await?;
    let repository = state.repository_for(&rule.registry, name, Purpose::PullThroughCache).await?;
    let (key, session) = plane.store.uploads.begin(repository).await?;
    let arrived = match session.receive(Limited::new(body, LARGEST_BLOB), None).await {
        Ok(_) => plane.store.complete_upload(&key, &session, digest).await.map_err(incomplete),
        Err(error) => Err(broken(error)),
    };
    if arrived.is_err() {
        plane.store.end_upload(&key).await?;
    }
    arrived
}

async fn begin(
    plane: &PullThrough,
    rule: &PullThroughRule,
    name: &RepositoryName,
    reference: &Reference,
) -> Result<Import, UpstreamError> {
    let upstream = Arc::new(plane.open(rule)?);
    let fetched = upstream.manifest(&rule.upstream_name(name.as_str()), reference).await?;
    let read = manifest::read(&fetched.content, &fetched.content_type, fetched.digest);
    let manifest = read.map_err(|error| UpstreamError::Unavailable(error.to_string()))?;
    let repository = plane.state().repository_for(&rule.registry, name, Purpose::PullThroughCache).await?;
    Ok(Import { repository, manifest, upstream })
}

async fn finish(
    plane: &Arc<PullThrough>,
    rule: &PullThroughRule,
    name: &RepositoryName,
    reference: &Reference,
    import: &Import,
) -> Result<(), UpstreamError> {
    let blobs = stream::iter(import.manifest.blobs.clone()).map(|digest| async move {
        match plane.store.promise_blob(import.repository, &digest).await? {
            Some(_) => Ok(()),
            None => plane.fetch(rule, name, &digest, Some(Arc::clone(&import.upstream))).await,
        }
    });
    blobs.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    let tag = if let Reference::Tag(tag) = reference { Some(tag) } else { None };
    let tags = tag.map(std::slice::from_ref).unwrap_or_default();
    let state = plane.state();
    match state.put_manifest(import.repository, &import.manifest, tags, Pushed::Imported).await? {
        PutOutcome::Recorded | PutOutcome::Known => {}
        PutOutcome::TagImmutable(_) => return Ok(()),
        PutOutcome::Missing(digest) => {
            return Err(UpstreamError::Internal(format!("{digest} was collected on the way")));
        }
    }
    match tag {
        Some(tag) => Ok(state.note_upstream_asked(import.repository, tag).await?),
        None => Ok(()),
    }
}

/// Copies an image of another registry that is here.
async fn copy(
    plane: &PullThrough,
    rule: &PullThroughRule,
    source: &RegistryId,
    name: &RepositoryName,
    reference: &Reference,
) -> Result<StoredManifest, UpstreamError> {
    let state = plane.state();
    let from = source_repository(plane, rule, source, name).await?;
    let found = state.manifest(from, reference).await?;
    let found = found.filter(|found| found.status == ImageStatus::Active).ok_or(UpstreamError::NotFound)?;
    let repository = state.repository_for(&rule.registry, name, Purpose::PullThroughCache).await?;
    let tag = if let Reference::Tag(tag) = reference { Some(tag) } else { None };
    if state.copy_image(from, &found.digest.to_string(), tag, repository).await? != CopyOutcome::Copied {
        return Err(UpstreamError::NotFound);
    }
    if let Some(tag) = tag {
        state.note_upstream_asked(repository, tag).await?;
    }
    Ok(found)
}

/// What the repository of another account lets nobody read but its own is for nobody else.
async fn source_repository(
    plane: &PullThrough,
    rule: &PullThroughRule,
    source: &RegistryId,
    name: &RepositoryName,
) -> Result<i64, UpstreamError> {
    let upstream_name = rule.upstream_name(name.as_str());
    let parsed = upstream_name.parse().map_err(|_| UpstreamError::NotFound)?;
    let found = plane.state().repository(source, &parsed).await?;
    if source.account == rule.registry.account {
        return found.ok_or(UpstreamError::NotFound);
    }
    let found = found.ok_or(UpstreamError::AccessDenied)?;
    let policy = plane.state().repository_policy(found).await?;
    let (account, arn) = (&rule.registry.account, source.arn(&upstream_name));
    let may = policy.is_some_and(|policy| policy::allows(&policy, account, policy::READ, &arn));
    may.then_some(found).ok_or(UpstreamError::AccessDenied)
}

fn broken(error: ReceiveError) -> UpstreamError {
    match error {
        ReceiveError::Io(error) => error.into(),
        _ => UpstreamError::Unavailable("a blob did not arrive as a whole".to_owned()),
    }
}

fn incomplete(error: CompleteError) -> UpstreamError {
    match error {
        CompleteError::Mismatch => {
            UpstreamError::Unavailable("a blob has another digest than it was asked for by".to_owned())
        }
        CompleteError::Io(error) => error.into(),
        CompleteError::Busy | CompleteError::Gone => {
            io::Error::other("the upload of a blob from upstream was taken away").into()
        }
    }
}
