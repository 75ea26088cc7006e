//! What a removal took away.

use imageservice_proto::v1::{Removed, removed::What};

use crate::dto::image_remove::RemovedImage;

/// Renders one thing that is gone.
pub(crate) fn removed_image(removed: Removed) -> Option<RemovedImage> {
    Some(match removed.what? {
        What::Untagged(reference) => RemovedImage::Untagged(reference),
        What::Deleted(id) => RemovedImage::Deleted(id),
    })
}
