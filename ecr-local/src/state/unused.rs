//! What may be collected.

use std::time::Duration;

use super::{Error, Result, State, seconds};
use crate::model::Digest;

/// So many at once; others can write in between.
const BATCH: u32 = 500;

impl State {
    /// Forgets some blobs that no manifest refers to and no client was told of for `grace`, and gives those that no repository has any more.
    /// Their files may go. Nothing at the end.
    pub(crate) async fn forget_unused_blobs(&self, grace: Duration) -> Result<Option<Vec<Digest>>> {
        let mut change = self.change().await?;
        let unlink = "DELETE FROM repository_blobs WHERE (repository, digest) IN \
             (SELECT l.repository, l.digest FROM repository_blobs l WHERE l.touched <= $1 AND NOT EXISTS \
              (SELECT 1 FROM manifest_blobs m WHERE m.repository = l.repository AND m.digest = l.digest) LIMIT $2)";
        let query = sqlx::query(unlink).bind(self.now().saturating_sub(seconds(grace))).bind(BATCH);
        let unlinked = query.execute(&mut *change).await?.rows_affected();
        let delete = "DELETE FROM blobs WHERE digest IN (SELECT b.digest FROM blobs b WHERE NOT EXISTS \
             (SELECT 1 FROM repository_blobs l WHERE l.digest = b.digest) LIMIT $1) RETURNING digest";
        let deleted: Vec<String> = sqlx::query_scalar(delete).bind(BATCH).fetch_all(&mut *change).await?;
        change.commit().await?;
        if unlinked == 0 && deleted.is_empty() {
            return Ok(None);
        }
        let parsed =
            deleted.iter().map(|digest| digest.parse().map_err(|error| Error::Decode(Box::new(error))));
        parsed.collect::<Result<Vec<_>>>().map(Some)
    }

    /// Whether a blob's file belongs to anything.
    pub(crate) async fn knows_blob(&self, digest: &Digest) -> Result<bool> {
        let select = "SELECT EXISTS (SELECT 1 FROM blobs WHERE digest = $1)";
        sqlx::query_scalar(select).bind(digest.to_string()).fetch_one(&self.reader).await
    }
}
