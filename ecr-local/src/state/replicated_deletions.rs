//! Deletions that other registries are to repeat.

use std::time::Duration;

use super::{
    Change, Result, State,
    manifests::delete_in,
    replications::{registry, source},
    seconds,
};
use crate::model::RegistryId;

/// A deletion on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReplicatedDeletion {
    id: i64,
    pub(crate) source: RegistryId,
    pub(crate) to: RegistryId,
    pub(crate) repository: String,
    digest: String,
    /// The one that went; all of the image, if there is none.
    tag: Option<String>,
}

impl State {
    /// Deletions that were queued until a time, at most `count`.
    pub(crate) async fn queued_deletions(&self, until: i64, count: u32) -> Result<Vec<ReplicatedDeletion>> {
        type Row = (i64, String, String, String, String, String, String, Option<String>);
        let select = "SELECT id, from_account, from_region, account, region, repository, manifest, tag \
             FROM replicated_deletions WHERE queued <= $1 ORDER BY id LIMIT $2";
        let rows: Vec<Row> = sqlx::query_as(select).bind(until).bind(count).fetch_all(&self.reader).await?;
        let read = |(id, from_account, from_region, account, region, repository, digest, tag): Row| {
            let (source, to) = (registry(from_account, from_region), registry(account, region));
            ReplicatedDeletion { id, source, to, repository, digest, tag }
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Repeats a deletion in the repository that it is for. A tag that points elsewhere there stays, so does what an index needs, and what is in
    /// the `source` again, which may be gone.
    pub(crate) async fn repeat_deletion(
        &self,
        deletion: &ReplicatedDeletion,
        source: Option<i64>,
        repository: i64,
    ) -> Result<()> {
        let mut change = self.change().await?;
        let digest = &deletion.digest;
        let is_back = "SELECT EXISTS (SELECT 1 FROM manifests WHERE repository = $1 AND digest = $2)";
        let is_back = sqlx::query_scalar(is_back).bind(source).bind(digest);
        if deletion.tag.is_none() && !is_back.fetch_one(&mut *change).await? {
            delete_in(&mut change, repository, digest, self.now()).await?;
        } else {
            let delete = "DELETE FROM tags WHERE repository = $1 AND manifest = $2 AND ($3 IS NULL OR tag = $3) \
                 AND NOT EXISTS (SELECT 1 FROM tags s WHERE s.repository = $4 AND s.tag = tags.tag AND s.manifest = $2)";
            let query = sqlx::query(delete).bind(repository).bind(digest).bind(&deletion.tag).bind(source);
            query.execute(&mut *change).await?;
        }
        change.commit().await
    }

    /// Leaves a deletion for later.
    pub(crate) async fn postpone_deletion(&self, deletion: &ReplicatedDeletion, by: Duration) -> Result<()> {
        let update = "UPDATE replicated_deletions SET queued = $2 WHERE id = $1";
        let query = sqlx::query(update).bind(deletion.id).bind(self.now().saturating_add(seconds(by)));
        self.writer.execute(query).await.map(drop)
    }

    /// Forgets a deletion that is done with.
    pub(crate) async fn forget_deletion(&self, deletion: &ReplicatedDeletion) -> Result<()> {
        let delete = "DELETE FROM replicated_deletions WHERE id = $1";
        self.writer.execute(sqlx::query(delete).bind(deletion.id)).await.map(drop)
    }
}

/// Queues a deletion within a change that is under way. Whether it goes anywhere.
pub(super) async fn queue_deletion(
    change: &mut Change,
    repository: i64,
    digest: &str,
    tag: Option<&str>,
    now: i64,
) -> Result<bool> {
    let Some(source) = source(change, repository).await? else { return Ok(false) };
    let destinations = source.rules.deletions_of(&source.name);
    for to in &destinations {
        let insert = "INSERT INTO replicated_deletions \
             (from_account, from_region, account, region, repository, manifest, tag, queued) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let query = sqlx::query(insert).bind(&*source.registry.account).bind(&*source.registry.region);
        let query = query.bind(&*to.account).bind(&*to.region).bind(&source.name);
        query.bind(digest).bind(tag).bind(now).execute(&mut **change).await?;
    }
    Ok(!destinations.is_empty())
}
