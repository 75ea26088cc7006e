//! Another tag for an image: its manifest is put again as it is, under the tag.
//!
//! Invariant: to do it twice is to do it once, and nothing is re-encoded: AWS compares the digest.

use imageservice_proto::ecr::v1;

use crate::{
    ecr::{calls::Calls, convert::images, describe, fetch, operation::Operation, place::Place},
    error::{EcrReason, Error, Result},
};

/// Gives the image `id` the tag `tag`.
pub(super) async fn put_tag(
    calls: &Calls,
    place: &Place,
    repository: &str,
    id: v1::ImageIdentifier,
    tag: String,
) -> Result<v1::PutImageTagResponse> {
    let image = fetch::one(calls, place, repository, id, Vec::new()).await?;
    let digest = image.image_id.clone().unwrap_or_default().image_digest;
    let registry_id = calls.registry_id(place).map(|id| id.to_string());
    let media_type = Some(&image.image_manifest_media_type).filter(|media_type| !media_type.is_empty());
    let put = calls.ecr(Operation::PutImage, place, |ecr| {
        let call = ecr.put_image().set_registry_id(registry_id.clone()).repository_name(repository);
        let call =
            call.image_manifest(&image.image_manifest).set_image_manifest_media_type(media_type.cloned());
        call.image_digest(&digest).image_tag(&tag).send()
    });
    let already_tagged = match put.await {
        Ok(answer) => {
            calls.count_images(Operation::PutImage, 1);
            let stored = answer.image.map(images::image).unwrap_or_default();
            return Ok(response(stored, &digest, tag, false));
        }
        Err(error) => is_so_already(calls, place, repository, error, &digest, &tag).await?,
    };
    Ok(response(image, &digest, tag, already_tagged))
}

/// Immutable repositories refuse a tag even for the image that has it.
async fn is_so_already(
    calls: &Calls,
    place: &Place,
    repository: &str,
    error: Error,
    digest: &str,
    tag: &str,
) -> Result<bool> {
    let reason = if let Error::Ecr(error) = &error { Some(error.reason) } else { None };
    match reason {
        Some(EcrReason::ImageAlreadyExists) => Ok(true),
        Some(EcrReason::ImageTagAlreadyExists) => {
            let tagged = v1::ImageIdentifier { image_tag: tag.to_owned(), ..Default::default() };
            // Gone in the meantime, it does not explain the refusal.
            let found = describe::present(calls, place, repository, vec![tagged]).await?;
            if found.iter().any(|image| image.image_digest == digest) { Ok(true) } else { Err(error) }
        }
        _ => Err(error),
    }
}

fn response(image: v1::Image, digest: &str, tag: String, already_tagged: bool) -> v1::PutImageTagResponse {
    let image = v1::Image {
        image_id: Some(v1::ImageIdentifier { image_digest: digest.to_owned(), image_tag: tag }),
        image_manifest: String::new(),
        ..image
    };
    v1::PutImageTagResponse { image: Some(image), already_tagged }
}
