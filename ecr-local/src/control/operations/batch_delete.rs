//! BatchDeleteImage.

use serde::Deserialize;
use serde_json::{Value, json};

use super::image_id::{Failure, ImageId, Meant, NOT_FOUND};
use crate::{
    control::{
        call::{Call, Named},
        errors::Error,
    },
    state::RemovedImage,
};

const REFERRED_TO: Failure =
    Failure("ImageReferencedByManifestList", "Requested image referenced by manifest list");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    #[serde(flatten)]
    named: Named,
    image_ids: Vec<ImageId>,
}

/// Takes tags and images away, and tells each tag that went.
pub(super) async fn run(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    let (mut removed, mut failures) = (Vec::new(), Vec::new());
    for id in &input.image_ids {
        let outcome = match id.meant(call.state(), found.repository.id).await? {
            Err(failure) => {
                failures.push(id.failed(failure));
                continue;
            }
            Ok(Meant::Digest(digest)) => call.state().remove_image(found.repository.id, &digest).await?,
            Ok(Meant::Tag(tag)) => call.state().remove_image_tag(found.repository.id, &tag).await?,
        };
        match outcome {
            RemovedImage::Removed(digest, tags) => removed.extend(each(&digest, tags)),
            RemovedImage::Unknown => failures.push(id.failed(NOT_FOUND)),
            RemovedImage::ReferredTo => failures.push(id.failed(REFERRED_TO)),
        }
    }
    Ok(json!({ "imageIds": removed, "failures": failures }))
}

/// One for each tag, or one without.
fn each(digest: &str, tags: Vec<String>) -> Vec<ImageId> {
    let id = |tag| ImageId { image_digest: Some(digest.to_owned()), image_tag: tag };
    if tags.is_empty() { vec![id(None)] } else { tags.into_iter().map(|tag| id(Some(tag))).collect() }
}
