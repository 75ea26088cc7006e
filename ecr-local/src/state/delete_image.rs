//! Deleting an image as the control plane has it: with its last tag it goes, and a digest takes all tags along.

use super::{
    Change, DeleteOutcome, Result, State, manifests::delete_in, replicated_deletions::queue_deletion,
};
use crate::model::{Digest, Tag};

/// What became of a deletion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum RemovedImage {
    /// Of this digest, and these tags.
    Removed(String, Vec<String>),
    Unknown,
    /// An index refers to it.
    ReferredTo,
}

impl State {
    /// Takes an image away with all its tags.
    pub(crate) async fn remove_image(&self, repository: i64, digest: &Digest) -> Result<RemovedImage> {
        let mut change = self.change().await?;
        let tags = tags_of(&mut change, repository, &digest.to_string()).await?;
        self.remove_whole(change, repository, digest.to_string(), tags).await
    }

    /// Takes a tag away, and the image with its last one.
    pub(crate) async fn remove_image_tag(&self, repository: i64, tag: &Tag) -> Result<RemovedImage> {
        let mut change = self.change().await?;
        let select = "SELECT manifest FROM tags WHERE repository = $1 AND tag = $2";
        let query = sqlx::query_scalar(select).bind(repository).bind(tag.as_str());
        let Some(digest): Option<String> = query.fetch_optional(&mut *change).await? else {
            return Ok(RemovedImage::Unknown);
        };
        let tags = tags_of(&mut change, repository, &digest).await?;
        if tags.len() == 1 {
            return self.remove_whole(change, repository, digest, tags).await;
        }
        let delete = "DELETE FROM tags WHERE repository = $1 AND tag = $2";
        sqlx::query(delete).bind(repository).bind(tag.as_str()).execute(&mut *change).await?;
        let goes_on =
            queue_deletion(&mut change, repository, &digest, Some(tag.as_str()), self.now()).await?;
        change.commit().await?;
        if goes_on {
            self.queue.notify_one();
        }
        Ok(RemovedImage::Removed(digest, vec![tag.to_string()]))
    }

    async fn remove_whole(
        &self,
        mut change: Change,
        repository: i64,
        digest: String,
        tags: Vec<String>,
    ) -> Result<RemovedImage> {
        let outcome = delete_in(&mut change, repository, &digest, self.now()).await?;
        let goes_on = outcome == DeleteOutcome::Deleted
            && queue_deletion(&mut change, repository, &digest, None, self.now()).await?;
        change.commit().await?;
        if goes_on {
            self.queue.notify_one();
        }
        Ok(match outcome {
            DeleteOutcome::Deleted => RemovedImage::Removed(digest, tags),
            DeleteOutcome::Unknown => RemovedImage::Unknown,
            DeleteOutcome::ReferredTo(_) => RemovedImage::ReferredTo,
        })
    }
}

async fn tags_of(change: &mut Change, repository: i64, digest: &str) -> Result<Vec<String>> {
    let select = "SELECT tag FROM tags WHERE repository = $1 AND manifest = $2 ORDER BY tag";
    sqlx::query_scalar(select).bind(repository).bind(digest).fetch_all(&mut **change).await
}
