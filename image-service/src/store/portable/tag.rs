//! Tags and repo digests: what they point at, and giving an image another name.

use super::{Connection, change::Change, events, find};
use crate::{
    error::Result,
    model::{Digest, EventAction, ImageName, Namespace, Reference, Repository, Tag},
    ports::PulledTag,
    store::encoding::{now_text, read},
};

const PULLED_TAG: &str =
    "SELECT image_id, target, platform FROM tags WHERE namespace = $1 AND repository = $2 AND tag = $3";
const PULLED_DIGEST: &str =
    "SELECT image_id, platform FROM repo_digests WHERE namespace = $1 AND repository = $2 AND digest = $3";
const OF_REPOSITORY: &str = "SELECT tag FROM tags WHERE namespace = $1 AND repository = $2 ORDER BY tag";
const TOUCH: &str = "UPDATE image_configs SET last_tagged = $3 WHERE namespace = $1 AND id = $2";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: [&str; 4] = [PULLED_TAG, PULLED_DIGEST, OF_REPOSITORY, TOUCH];

/// What a tag points at.
pub(super) async fn pulled_tag(
    connection: &mut Connection,
    namespace: &Namespace,
    repository: &Repository,
    tag: &Tag,
) -> Result<Option<PulledTag>> {
    let query = sqlx::query_as(PULLED_TAG).bind(namespace.as_str()).bind(repository.to_string());
    let row: Option<(String, Option<String>, Option<String>)> =
        query.bind(tag.as_str()).fetch_optional(connection).await?;
    let Some((image, target, platform)) = row else { return Ok(None) };
    let target = target.as_deref().map(read).transpose()?;
    Ok(Some(PulledTag { image: read(&image)?, target, platform }))
}

/// The tags of a repository.
pub(super) async fn of_repository(
    connection: &mut Connection,
    namespace: &Namespace,
    repository: &Repository,
) -> Result<Vec<Tag>> {
    let query = sqlx::query_scalar(OF_REPOSITORY).bind(namespace.as_str()).bind(repository.to_string());
    let tags: Vec<String> = query.fetch_all(connection).await?;
    tags.iter().map(|tag| read(tag)).collect()
}

/// What a repo digest points at.
pub(super) async fn pulled_digest(
    connection: &mut Connection,
    namespace: &Namespace,
    repository: &Repository,
    digest: &Digest,
) -> Result<Option<PulledTag>> {
    let query = sqlx::query_as(PULLED_DIGEST).bind(namespace.as_str()).bind(repository.to_string());
    let row: Option<(String, String)> = query.bind(digest.to_string()).fetch_optional(connection).await?;
    let Some((image, platform)) = row else { return Ok(None) };
    Ok(Some(PulledTag { image: read(&image)?, target: Some(digest.clone()), platform: Some(platform) }))
}

/// Gives an image another name. What a registry once said of that name no longer counts.
pub(super) struct GiveTag {
    pub(super) namespace: Namespace,
    pub(super) source: ImageName,
    pub(super) repository: Repository,
    pub(super) tag: Tag,
}

impl Change for GiveTag {
    type Answer = Digest;

    async fn apply(&self, connection: &mut Connection) -> Result<Digest> {
        let image = find::image(connection, &self.namespace, &self.source).await?;
        let (id, now) = (image.id.to_string(), now_text());
        let upsert = "INSERT INTO tags (namespace, repository, tag, image_id, updated) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (namespace, repository, tag) DO UPDATE SET \
             image_id = excluded.image_id, target = NULL, platform = NULL, updated = excluded.updated";
        let query = sqlx::query(upsert).bind(self.namespace.as_str()).bind(self.repository.to_string());
        query.bind(self.tag.as_str()).bind(&id).bind(&now).execute(&mut *connection).await?;

        let query = sqlx::query(TOUCH).bind(self.namespace.as_str()).bind(&id).bind(now);
        query.execute(&mut *connection).await?;
        let name = Reference::tagged(self.repository.clone(), self.tag.clone()).to_string();
        events::note(connection, self.namespace.as_str(), EventAction::Tag, &id, &name).await?;
        Ok(image.id)
    }
}
