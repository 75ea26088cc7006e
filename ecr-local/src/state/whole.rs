//! The state as a whole: told, emptied, and set as no client can set it.

use sqlx::AssertSqlSafe;

use super::{Result, State};
use crate::model::{Digest, RegistryId};

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
        change.commit().await
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

    /// The blobs of a repository behind `last`, at most `count`, sorted by digest, each with its size.
    pub(crate) async fn repository_blobs(
        &self,
        repository: i64,
        last: &str,
        count: u32,
    ) -> Result<Vec<(String, u64)>> {
        let select = "SELECT l.digest, b.size FROM repository_blobs l JOIN blobs b ON b.digest = l.digest \
             WHERE l.repository = $1 AND l.digest > $2 ORDER BY l.digest LIMIT $3";
        let query = sqlx::query_as(select).bind(repository).bind(last).bind(count);
        let found: Vec<(String, i64)> = query.fetch_all(&self.reader).await?;
        Ok(found.into_iter().map(|(digest, size)| (digest, size.unsigned_abs())).collect())
    }

    /// Account, Region, name and value of all settings.
    pub(crate) async fn all_registry_settings(&self) -> Result<Vec<(String, String, String, String)>> {
        let select =
            "SELECT account, region, name, value FROM registry_settings ORDER BY account, region, name";
        sqlx::query_as(select).fetch_all(&self.reader).await
    }

    /// Says when a repository was made, in seconds since 1970.
    pub(crate) async fn set_creation(&self, repository: i64, created: i64) -> Result<()> {
        let update = "UPDATE repositories SET created = $2 WHERE id = $1";
        self.writer.execute(sqlx::query(update).bind(repository).bind(created)).await.map(drop)
    }

    /// Says when an image was pushed and pulled, in seconds since 1970, as far as that is given.
    pub(crate) async fn set_image_times(
        &self,
        repository: i64,
        digest: &Digest,
        pushed: Option<i64>,
        pulled: Option<i64>,
    ) -> Result<()> {
        let update = "UPDATE manifests SET pushed = coalesce($3, pushed), pulled = coalesce($4, pulled) \
             WHERE repository = $1 AND digest = $2";
        let query = sqlx::query(update).bind(repository).bind(digest.to_string());
        self.writer.execute(query.bind(pushed).bind(pulled)).await.map(drop)
    }
}
