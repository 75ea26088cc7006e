//! Deleting an image as the control plane has it: with its last tag it goes, and a digest takes all tags along.

use super::{DeleteOutcome, Result, State};
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
        let Some(image) = self.image(repository, &digest.to_string()).await? else {
            return Ok(RemovedImage::Unknown);
        };
        Ok(match self.delete_manifest(repository, digest).await? {
            DeleteOutcome::Deleted => RemovedImage::Removed(image.digest, image.tags),
            DeleteOutcome::Unknown => RemovedImage::Unknown,
            DeleteOutcome::ReferredTo(_) => RemovedImage::ReferredTo,
        })
    }

    /// Takes a tag away, and the image with its last one.
    pub(crate) async fn remove_image_tag(&self, repository: i64, tag: &Tag) -> Result<RemovedImage> {
        let Some(digest) = self.tagged(repository, tag.as_str()).await? else {
            return Ok(RemovedImage::Unknown);
        };
        let image = self.image(repository, &digest).await?;
        if image.is_some_and(|image| image.tags.len() > 1) {
            self.delete_tag(repository, tag).await?;
            return Ok(RemovedImage::Removed(digest, vec![tag.to_string()]));
        }
        match digest.parse() {
            Ok(digest) => self.remove_image(repository, &digest).await,
            Err(_) => Ok(RemovedImage::Unknown),
        }
    }
}
