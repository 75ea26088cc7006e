//! Copying an image to another repository, of another registry perhaps: rows alone, since blobs are known by their content.

use super::{Change, Result, State, repository::read_mutability, storage::bring_back};
use crate::model::{Mutability, Tag};

/// With the manifests of an image: its own, and all that it refers to.
macro_rules! of_image {
    ($statement:literal) => {
        concat!(
            "WITH RECURSIVE image (digest) AS ( \
             SELECT digest FROM manifests WHERE repository = $1 AND digest = $2 UNION \
             SELECT c.child FROM image i JOIN manifest_children c ON c.repository = $1 AND c.manifest = i.digest) ",
            $statement
        )
    };
}

/// Those that cannot be pulled from where they go.
const MISSING: &str = of_image!(
    "SELECT i.digest FROM image i WHERE NOT EXISTS (SELECT 1 FROM manifests m WHERE m.repository = $3 \
     AND m.digest = i.digest AND NOT m.is_archived AND coalesce(m.activated, 0) <= $4)"
);
/// In the order in which nothing refers to what is not there.
const COPIES: [&str; 4] = [
    of_image!(
        "INSERT INTO repository_blobs (repository, digest, touched) SELECT DISTINCT $3, l.digest, $4 \
         FROM image i JOIN manifest_blobs l ON l.repository = $1 AND l.manifest = i.digest WHERE true \
         ON CONFLICT (repository, digest) DO UPDATE SET touched = excluded.touched"
    ),
    of_image!(
        "INSERT INTO manifests (repository, digest, media_type, artifact_type, subject, annotations, pushed, content, size) \
         SELECT $3, m.digest, m.media_type, m.artifact_type, m.subject, m.annotations, $4, m.content, m.size \
         FROM image i JOIN manifests m ON m.repository = $1 AND m.digest = i.digest WHERE true ON CONFLICT DO NOTHING"
    ),
    of_image!(
        "INSERT INTO manifest_blobs (repository, manifest, digest) SELECT $3, l.manifest, l.digest \
         FROM image i JOIN manifest_blobs l ON l.repository = $1 AND l.manifest = i.digest WHERE true ON CONFLICT DO NOTHING"
    ),
    of_image!(
        "INSERT INTO manifest_children (repository, manifest, child) SELECT $3, l.manifest, l.child \
         FROM image i JOIN manifest_children l ON l.repository = $1 AND l.manifest = i.digest WHERE true ON CONFLICT DO NOTHING"
    ),
];

/// What became of a copy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CopyOutcome {
    Copied,
    /// Nothing was, since the image is in the archive, or on its way back.
    Archived,
    /// Nothing was, since there is no such image.
    Gone,
}

impl State {
    /// Copies an image that can be pulled, with one of its tags if it still has that. A tag that must not move stays where it is. What a push
    /// sets off there begins.
    pub(crate) async fn copy_image(
        &self,
        from: i64,
        digest: &str,
        tag: Option<&Tag>,
        to: i64,
    ) -> Result<CopyOutcome> {
        let mut change = self.change().await?;
        let now = self.now();
        if is_away(&mut change, from, digest, now).await? {
            return Ok(CopyOutcome::Archived);
        }
        let missing = sqlx::query_scalar(MISSING).bind(from).bind(digest).bind(to).bind(now);
        let missing: Vec<String> = missing.fetch_all(&mut *change).await?;
        for copy in COPIES {
            let query = sqlx::query(copy).bind(from).bind(digest).bind(to).bind(now);
            query.execute(&mut *change).await?;
        }
        for digest in &missing {
            bring_back(&mut change, to, digest, now).await?;
            self.begin_on_push(&mut change, to, digest, now).await?;
        }
        if let Some(tag) = tag
            && pointed(&mut change, from, tag).await?.is_some_and(|source| source == digest)
        {
            copy_tag(&mut change, tag, digest, to, now).await?;
        }
        let select = "SELECT EXISTS (SELECT 1 FROM manifests WHERE repository = $1 AND digest = $2)";
        let is_there: bool = sqlx::query_scalar(select).bind(to).bind(digest).fetch_one(&mut *change).await?;
        change.commit().await?;
        Ok(if is_there { CopyOutcome::Copied } else { CopyOutcome::Gone })
    }
}

async fn is_away(change: &mut Change, repository: i64, digest: &str, now: i64) -> Result<bool> {
    let select = "SELECT EXISTS (SELECT 1 FROM manifests WHERE repository = $1 AND digest = $2 \
         AND (is_archived OR coalesce(activated, 0) > $3))";
    sqlx::query_scalar(select).bind(repository).bind(digest).bind(now).fetch_one(&mut **change).await
}

async fn copy_tag(change: &mut Change, tag: &Tag, digest: &str, to: i64, now: i64) -> Result<()> {
    let old = pointed(change, to, tag).await?;
    let may_move = mutability(change, to).await?.lets_move(tag.as_str());
    if old.is_none_or(|old| old == digest || may_move) {
        point(change, to, tag, digest, now).await?;
    }
    Ok(())
}

async fn mutability(change: &mut Change, repository: i64) -> Result<Mutability> {
    let select = "SELECT mutability, mutability_filters FROM repositories WHERE id = $1";
    let query = sqlx::query_as(select).bind(repository);
    let (name, filters): (String, String) = query.fetch_one(&mut **change).await?;
    read_mutability(&name, &filters)
}

async fn pointed(change: &mut Change, repository: i64, tag: &Tag) -> Result<Option<String>> {
    let select = "SELECT manifest FROM tags WHERE repository = $1 AND tag = $2";
    sqlx::query_scalar(select).bind(repository).bind(tag.as_str()).fetch_optional(&mut **change).await
}

/// A tag that points there already stays as it is.
async fn point(change: &mut Change, repository: i64, tag: &Tag, manifest: &str, now: i64) -> Result<()> {
    let upsert = "INSERT INTO tags (repository, tag, manifest, created) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (repository, tag) DO UPDATE SET manifest = excluded.manifest, created = excluded.created \
         WHERE manifest <> excluded.manifest";
    let query = sqlx::query(upsert).bind(repository).bind(tag.as_str()).bind(manifest).bind(now);
    query.execute(&mut **change).await.map(drop)
}
