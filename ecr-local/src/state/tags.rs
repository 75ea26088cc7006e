//! Tags of a repository.

use super::{Result, State, replicated_deletions::queue_deletion};
use crate::model::Tag;

impl State {
    /// The tags of images that can be pulled behind `last`, at most `count`, sorted by bytes.
    pub(crate) async fn tags(&self, repository: i64, last: &str, count: u32) -> Result<Vec<String>> {
        let select = "SELECT tag FROM tags t WHERE repository = $1 AND tag > $2 AND NOT EXISTS \
             (SELECT 1 FROM manifests m INDEXED BY manifests_once_archived \
              WHERE m.repository = t.repository AND m.digest = t.manifest \
              AND m.archived IS NOT NULL AND (m.is_archived OR m.activated > $4)) ORDER BY tag LIMIT $3";
        let query = sqlx::query_scalar(select).bind(repository).bind(last).bind(count);
        query.bind(self.now()).fetch_all(&self.reader).await
    }

    /// Takes a tag away; its manifest stays. Whether it was there.
    pub(crate) async fn delete_tag(&self, repository: i64, tag: &Tag) -> Result<bool> {
        let mut change = self.change().await?;
        let delete = "DELETE FROM tags WHERE repository = $1 AND tag = $2 RETURNING manifest";
        let query = sqlx::query_scalar(delete).bind(repository).bind(tag.as_str());
        let Some(digest): Option<String> = query.fetch_optional(&mut *change).await? else {
            return Ok(false);
        };
        let goes_on =
            queue_deletion(&mut change, repository, &digest, Some(tag.as_str()), self.now()).await?;
        change.commit().await?;
        if goes_on {
            self.queue.notify_one();
        }
        Ok(true)
    }
}
