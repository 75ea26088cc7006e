//! The state as a whole: told, emptied, and set as no client can set it.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;

use super::{Result, State};
use crate::model::{Digest, RegistryId};

/// What happened to a repository, in seconds since 1970.
#[derive(Clone, Default, Debug)]
pub(crate) struct RepositoryHistory {
    /// As it is, if it is not said.
    pub(crate) created: Option<i64>,
    pub(crate) lifecycle_evaluated: Option<i64>,
    /// What a preview was started for.
    pub(crate) preview_policy: Option<String>,
    pub(crate) preview_started: Option<i64>,
}

/// What happened to an image, in seconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct ImageHistory<'t> {
    /// As it is, if it is not said.
    pub(crate) pushed: Option<i64>,
    /// As it is, if it is not said.
    pub(crate) pulled: Option<i64>,
    pub(crate) is_archived: bool,
    pub(crate) archived: Option<i64>,
    pub(crate) activated: Option<i64>,
    /// When tags came to point at it.
    pub(crate) tagged: &'t BTreeMap<String, i64>,
}

impl State {
    /// Forgets everything, whatever tables there are. Ids of repositories are not used again.
    pub(crate) async fn clear(&self) -> Result<()> {
        let mut change = self.change().await?;
        // Rows go in any order; what holds between them is looked at in the end.
        sqlx::query("PRAGMA defer_foreign_keys = ON").execute(&mut *change).await?;
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '_sqlx_migrations'";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *change).await?;
        for table in tables {
            // The name is from the schema.
            let delete = AssertSqlSafe(format!("DELETE FROM \"{table}\""));
            sqlx::query(delete).execute(&mut *change).await?;
        }
        change.commit().await?;
        self.look_for_rules().await
    }

    /// Registry and name of the repository with the next higher id.
    pub(crate) async fn repository_behind(&self, last: i64) -> Result<Option<(RegistryId, String)>> {
        let select = "SELECT account, region, name FROM repositories WHERE id > $1 ORDER BY id LIMIT 1";
        let query = sqlx::query_as(select).bind(last);
        let row: Option<(String, String, String)> = query.fetch_optional(&self.reader).await?;
        Ok(row.map(|(account, region, name)| {
            (RegistryId { account: account.into(), region: region.into() }, name)
        }))
    }

    /// The blobs of a repository behind `last`, at most `count`, sorted by digest, each with its size, and when a client was last told of it.
    pub(crate) async fn repository_blobs(
        &self,
        repository: i64,
        last: &str,
        count: u32,
    ) -> Result<Vec<(String, u64, i64)>> {
        let select = "SELECT l.digest, b.size, l.touched FROM repository_blobs l JOIN blobs b ON b.digest = l.digest \
             WHERE l.repository = $1 AND l.digest > $2 ORDER BY l.digest LIMIT $3";
        let query = sqlx::query_as(select).bind(repository).bind(last).bind(count);
        let found: Vec<(String, i64, i64)> = query.fetch_all(&self.reader).await?;
        Ok(found.into_iter().map(|(digest, size, touched)| (digest, size.unsigned_abs(), touched)).collect())
    }

    /// Account, Region, name and value of all settings.
    pub(crate) async fn all_registry_settings(&self) -> Result<Vec<(String, String, String, String)>> {
        let select =
            "SELECT account, region, name, value FROM registry_settings ORDER BY account, region, name";
        sqlx::query_as(select).fetch_all(&self.reader).await
    }

    /// Tells what happened to a repository.
    pub(crate) async fn repository_history(&self, repository: i64) -> Result<RepositoryHistory> {
        let select = "SELECT created, lifecycle_evaluated, preview_policy, preview_started FROM repositories WHERE id = $1";
        let (created, evaluated, preview_policy, preview_started): (_, i64, _, _) =
            sqlx::query_as(select).bind(repository).fetch_one(&self.reader).await?;
        let lifecycle_evaluated = Some(evaluated).filter(|evaluated| *evaluated > 0);
        Ok(RepositoryHistory { created: Some(created), lifecycle_evaluated, preview_policy, preview_started })
    }

    /// Says what happened to a repository.
    pub(crate) async fn set_repository_history(
        &self,
        repository: i64,
        history: &RepositoryHistory,
    ) -> Result<()> {
        let update = "UPDATE repositories SET created = coalesce($2, created), lifecycle_evaluated = coalesce($3, 0), \
             preview_policy = $4, preview_started = $5 WHERE id = $1";
        let query =
            sqlx::query(update).bind(repository).bind(history.created).bind(history.lifecycle_evaluated);
        let query = query.bind(&history.preview_policy).bind(history.preview_started);
        self.writer.execute(query).await.map(drop)
    }

    /// Says when a client was last told that a repository has a blob, in seconds since 1970.
    pub(crate) async fn set_blob_touch(&self, repository: i64, digest: &Digest, touched: i64) -> Result<()> {
        let update = "UPDATE repository_blobs SET touched = $3 WHERE repository = $1 AND digest = $2";
        let query = sqlx::query(update).bind(repository).bind(digest.to_string()).bind(touched);
        self.writer.execute(query).await.map(drop)
    }

    /// When each tag of an image came to point at it, in seconds since 1970.
    pub(crate) async fn tag_times(&self, repository: i64, digest: &str) -> Result<Vec<(String, i64)>> {
        let select = "SELECT tag, created FROM tags WHERE repository = $1 AND manifest = $2 ORDER BY tag";
        sqlx::query_as(select).bind(repository).bind(digest).fetch_all(&self.reader).await
    }

    /// Says what happened to an image.
    pub(crate) async fn set_image_history(
        &self,
        repository: i64,
        digest: &Digest,
        history: &ImageHistory<'_>,
    ) -> Result<()> {
        let mut change = self.change().await?;
        let update = "UPDATE manifests SET pushed = coalesce($3, pushed), pulled = coalesce($4, pulled), is_archived = $5, \
             archived = $6, activated = $7 WHERE repository = $1 AND digest = $2";
        let query = sqlx::query(update).bind(repository).bind(digest.to_string()).bind(history.pushed);
        let query = query.bind(history.pulled).bind(history.is_archived).bind(history.archived);
        query.bind(history.activated).execute(&mut *change).await?;
        for (tag, created) in history.tagged {
            let update = "UPDATE tags SET created = $4 WHERE repository = $1 AND tag = $2 AND manifest = $3";
            let query = sqlx::query(update).bind(repository).bind(tag).bind(digest.to_string()).bind(created);
            query.execute(&mut *change).await?;
        }
        change.commit().await
    }
}
