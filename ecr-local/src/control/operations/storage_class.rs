//! UpdateImageStorageClass: images to the archive, and back.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{image_id::ImageId, repositories::identified};
use crate::control::{
    call::{Call, Named},
    errors::Error,
    refusal::Refusal,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    #[serde(flatten)]
    named: Named,
    image_id: ImageId,
    target_storage_class: String,
}

/// The children and referrers of an image go with it.
pub(super) async fn update(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    let (repository, image) = (found.repository.id, input.image_id.find(call, &found).await?);
    let has_moved = match input.target_storage_class.as_str() {
        "ARCHIVE" => call.state().archive(repository, &image.digest).await?,
        _ => call.state().restore(repository, &image.digest).await?,
    };
    if !has_moved {
        return Err(Refusal::StorageClassUpdateNotSupported(found.place, image.digest).into());
    }
    let moved = call.state().image(repository, &image.digest).await?;
    let mut document = identified(&found);
    document["imageId"] = json!(input.image_id.with_digest(&image.digest));
    document["imageStatus"] = moved.map_or(image.status, |moved| moved.status).name().into();
    Ok(document)
}
