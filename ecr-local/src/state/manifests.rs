//! Manifests as they were pushed: found by tag or digest, taken away.

use sqlx::Row;

use super::{Change, Error, Result, State, replicated_deletions::queue_deletion};
use crate::model::{Digest, ImageStatus, Reference};

/// A manifest.
#[derive(Clone, Debug)]
pub(crate) struct StoredManifest {
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
    /// When it was last pulled, in seconds since 1970, roughly.
    pub(crate) pulled: Option<i64>,
    pub(crate) status: ImageStatus,
    /// Byte for byte.
    pub(crate) content: Vec<u8>,
}

/// What became of a deletion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum DeleteOutcome {
    Deleted,
    Unknown,
    /// An index refers to the manifest: this one.
    ReferredTo(String),
}

impl State {
    /// A manifest of a repository.
    pub(crate) async fn manifest(
        &self,
        repository: i64,
        reference: &Reference,
    ) -> Result<Option<StoredManifest>> {
        let query = match reference {
            Reference::Digest(_) => {
                "SELECT digest, media_type, content, pulled, is_archived, activated FROM manifests \
                 WHERE repository = $1 AND digest = $2"
            }
            Reference::Tag(_) => {
                "SELECT m.digest, m.media_type, m.content, m.pulled, m.is_archived, m.activated FROM tags t \
                 JOIN manifests m ON m.repository = t.repository AND m.digest = t.manifest \
                 WHERE t.repository = $1 AND t.tag = $2"
            }
        };
        let query = sqlx::query(query).bind(repository).bind(reference.to_string());
        let row = query.fetch_optional(&self.reader).await?;
        row.map(|row| {
            let digest: String = row.try_get(0)?;
            let digest = digest.parse().map_err(|error| Error::Decode(Box::new(error)))?;
            Ok(StoredManifest {
                digest,
                media_type: row.try_get(1)?,
                content: row.try_get(2)?,
                pulled: row.try_get(3)?,
                status: ImageStatus::of(row.try_get(4)?, row.try_get(5)?, self.now()),
            })
        })
        .transpose()
    }

    /// Takes a manifest away, with its tags. Its blobs have their time of grace from now on.
    pub(crate) async fn delete_manifest(&self, repository: i64, digest: &Digest) -> Result<DeleteOutcome> {
        let mut change = self.change().await?;
        let digest = digest.to_string();
        let outcome = delete_in(&mut change, repository, &digest, self.now()).await?;
        let goes_on = outcome == DeleteOutcome::Deleted
            && queue_deletion(&mut change, repository, &digest, None, self.now()).await?;
        change.commit().await?;
        if goes_on {
            self.queue.notify_one();
        }
        Ok(outcome)
    }
}

/// Deletes within a change that is under way.
pub(super) async fn delete_in(
    change: &mut Change,
    repository: i64,
    digest: &str,
    now: i64,
) -> Result<DeleteOutcome> {
    let parent =
        "SELECT manifest FROM manifest_children WHERE repository = $1 AND child = $2 AND manifest <> $2";
    let parent = sqlx::query_scalar(parent).bind(repository).bind(digest);
    if let Some(parent) = parent.fetch_optional(&mut **change).await? {
        return Ok(DeleteOutcome::ReferredTo(parent));
    }
    let touch = "UPDATE repository_blobs SET touched = $3 WHERE repository = $1 AND digest IN \
         (SELECT digest FROM manifest_blobs WHERE repository = $1 AND manifest = $2)";
    sqlx::query(touch).bind(repository).bind(digest).bind(now).execute(&mut **change).await?;
    let delete = "DELETE FROM manifests WHERE repository = $1 AND digest = $2";
    let deleted = sqlx::query(delete).bind(repository).bind(digest).execute(&mut **change).await?;
    Ok(if deleted.rows_affected() > 0 { DeleteOutcome::Deleted } else { DeleteOutcome::Unknown })
}
