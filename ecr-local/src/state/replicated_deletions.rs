//! Deletions that other registries are to repeat.

use super::{
    Change, Result, State,
    manifests::delete_in,
    replications::{registry, source},
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

    /// Repeats a deletion in the repository that it is for. A tag that points elsewhere there stays, and so does what an index needs.
    pub(crate) async fn repeat_deletion(&self, deletion: &ReplicatedDeletion, repository: i64) -> Result<()> {
        let mut change = self.change().await?;
        if let Some(tag) = &deletion.tag {
            let delete = "DELETE FROM tags WHERE repository = $1 AND tag = $2 AND manifest = $3";
            let query = sqlx::query(delete).bind(repository).bind(tag).bind(&deletion.digest);
            query.execute(&mut *change).await?;
        } else {
            delete_in(&mut change, repository, &deletion.digest, self.now()).await?;
        }
        change.commit().await
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
