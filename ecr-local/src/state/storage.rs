//! The archive: images move there and back with their children and their referrers.

use super::{Change, Result, State, seconds};

/// An image, what it refers to as an index, and what refers to any of them.
macro_rules! with_whole {
    ($statement:literal) => {
        concat!(
            "WITH RECURSIVE whole (digest) AS (SELECT $2 \
             UNION SELECT c.child FROM manifest_children c JOIN whole w ON w.digest = c.manifest WHERE c.repository = $1 \
             UNION SELECT m.digest FROM manifests m JOIN whole w ON w.digest = m.subject WHERE m.repository = $1), \
             needed (digest) AS (SELECT c.child FROM manifest_children c \
             JOIN manifests i ON i.repository = c.repository AND i.digest = c.manifest \
             WHERE c.repository = $1 AND c.child IN whole AND NOT i.is_archived AND i.digest NOT IN whole) ",
            $statement
        )
    };
}

impl State {
    /// Moves an image to the archive, unless it is there, on its way back, or needed by an index that is not. Whether it moved.
    pub(crate) async fn archive(&self, repository: i64, digest: &str) -> Result<bool> {
        let mut change = self.change().await?;
        let can_move = with_whole!(
            "SELECT EXISTS (SELECT 1 FROM manifests WHERE repository = $1 AND digest = $2 AND NOT is_archived \
             AND coalesce(activated, 0) <= $3 AND digest NOT IN needed)"
        );
        let query = sqlx::query_scalar(can_move).bind(repository).bind(digest).bind(self.now());
        if !query.fetch_one(&mut *change).await? {
            return Ok(false);
        }
        let update = with_whole!(
            "UPDATE manifests SET is_archived = 1, archived = $3 WHERE repository = $1 AND digest IN whole \
             AND NOT is_archived AND digest NOT IN needed"
        );
        let query = sqlx::query(update).bind(repository).bind(digest).bind(self.now());
        query.execute(&mut *change).await?;
        change.commit().await?;
        Ok(true)
    }

    /// Begins to move an image back from the archive, which takes its time. Whether it was there.
    pub(crate) async fn restore(&self, repository: i64, digest: &str) -> Result<bool> {
        let mut change = self.change().await?;
        let is_archived =
            "SELECT EXISTS (SELECT 1 FROM manifests WHERE repository = $1 AND digest = $2 AND is_archived)";
        let query = sqlx::query_scalar(is_archived).bind(repository).bind(digest);
        if !query.fetch_one(&mut *change).await? {
            return Ok(false);
        }
        let at = self.now().saturating_add(seconds(self.pace.restore));
        let update = with_whole!(
            "UPDATE manifests SET is_archived = 0, activated = $3 WHERE repository = $1 AND digest IN whole \
             AND is_archived RETURNING digest"
        );
        let query = sqlx::query_scalar(update).bind(repository).bind(digest).bind(at);
        let moved: Vec<String> = query.fetch_all(&mut *change).await?;
        for digest in &moved {
            self.begin_on_push(&mut change, repository, digest, at).await?;
        }
        change.commit().await?;
        Ok(true)
    }
}

/// Moves a manifest back from the archive at once. Whether it was there, or on its way.
pub(super) async fn bring_back(change: &mut Change, repository: i64, digest: &str, now: i64) -> Result<bool> {
    let update = "UPDATE manifests SET is_archived = 0, activated = $3 \
         WHERE repository = $1 AND digest = $2 AND (is_archived OR activated > $3)";
    let query = sqlx::query(update).bind(repository).bind(digest).bind(now);
    Ok(query.execute(&mut **change).await?.rows_affected() > 0)
}
