//! Tags of resources, which are repositories: keys with values.

use super::{Change, Result, State};

/// As many as a resource may have.
const MOST: i64 = 50;

impl State {
    /// Sets tags. Nothing is set if there would be too many then. Whether they are set.
    pub(crate) async fn set_resource_tags(&self, repository: i64, tags: &[(String, String)]) -> Result<bool> {
        let mut change = self.change().await?;
        for (key, value) in tags {
            set(&mut change, repository, key, value).await?;
        }
        let count = "SELECT count(*) FROM resource_tags WHERE repository = $1";
        let count: i64 = sqlx::query_scalar(count).bind(repository).fetch_one(&mut *change).await?;
        if count > MOST {
            return Ok(false);
        }
        change.commit().await?;
        Ok(true)
    }

    /// Takes tags away. It is no error if they are not there.
    pub(crate) async fn remove_resource_tags(&self, repository: i64, keys: &[String]) -> Result<()> {
        let mut change = self.change().await?;
        let delete = "DELETE FROM resource_tags WHERE repository = $1 AND tag_key = $2";
        for key in keys {
            sqlx::query(delete).bind(repository).bind(key).execute(&mut *change).await?;
        }
        change.commit().await
    }

    /// All tags, sorted by key.
    pub(crate) async fn resource_tags(&self, repository: i64) -> Result<Vec<(String, String)>> {
        let select = "SELECT tag_key, tag_value FROM resource_tags WHERE repository = $1 ORDER BY tag_key";
        sqlx::query_as(select).bind(repository).fetch_all(&self.reader).await
    }
}

pub(super) async fn set(change: &mut Change, repository: i64, key: &str, value: &str) -> Result<()> {
    let upsert = "INSERT INTO resource_tags (repository, tag_key, tag_value) VALUES ($1, $2, $3) \
         ON CONFLICT (repository, tag_key) DO UPDATE SET tag_value = excluded.tag_value";
    sqlx::query(upsert).bind(repository).bind(key).bind(value).execute(&mut **change).await.map(drop)
}
