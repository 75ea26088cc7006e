//! BatchGetImage: manifests, verbatim and verified.
//!
//! Invariant: no manifest leaves here that does not have the digest that came with it.

use imageservice_proto::ecr::v1::{self, ImageFailureCode};

use super::{
    calls::Calls,
    convert::images,
    operation::Operation,
    place::Place,
    request::{BATCH, refused},
};
use crate::{
    error::{EcrReason, Error, Result},
    model::{Digest, MediaType},
};

const OPERATION: &str = "BatchGetImage";
/// Bytes of manifests in one answer. One has at most 4 MiB, and nearly all have a few KiB.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// What is asked for if the client does not say. Without it AWS may choose a type, and convert.
const MEDIA_TYPES: [MediaType; 4] =
    [MediaType::DockerManifest, MediaType::DockerList, MediaType::OciManifest, MediaType::OciIndex];

/// One image; a failure is an error.
pub(super) async fn one(
    calls: &Calls,
    place: &Place,
    repository: &str,
    id: v1::ImageIdentifier,
    media_types: Vec<String>,
) -> Result<v1::Image> {
    let found = several(calls, place, repository, vec![id], media_types).await?;
    match (found.images.into_iter().next(), found.failures.into_iter().next()) {
        (Some(image), _) => Ok(image),
        (None, Some(failure)) => Err(error_of(failure)),
        (None, None) => {
            Err(refused(EcrReason::AnswerInvalid, OPERATION, "the answer says nothing of the image"))
        }
    }
}

/// Several images, in calls of as many as AWS takes.
pub(super) async fn several(
    calls: &Calls,
    place: &Place,
    repository: &str,
    ids: Vec<v1::ImageIdentifier>,
    media_types: Vec<String>,
) -> Result<v1::BatchGetImagesResponse> {
    let media_types = match media_types.is_empty() {
        true => MEDIA_TYPES.iter().map(|media_type| media_type.as_str().to_owned()).collect(),
        false => media_types,
    };
    let id = calls.registry_id(place).map(|id| id.to_string());
    let mut found = v1::BatchGetImagesResponse::default();
    let mut bytes = 0;
    for batch in ids.chunks(BATCH) {
        let batch: Vec<_> = batch.iter().cloned().map(images::to_aws).collect();
        let answer = calls.ecr(Operation::BatchGetImage, place, |ecr| {
            let call = ecr.batch_get_image().set_registry_id(id.clone()).repository_name(repository);
            call.set_image_ids(Some(batch.clone())).set_accepted_media_types(Some(media_types.clone())).send()
        });
        let answer = answer.await?;
        let images = answer.images.unwrap_or_default();
        calls.count_images(Operation::BatchGetImage, images.len());
        for image in images {
            let image = images::image(image);
            bytes += image.image_manifest.len();
            if bytes > MOST_BYTES {
                let message =
                    format!("the manifests have more than {MOST_BYTES} bytes: ask for fewer images");
                return Err(refused(EcrReason::ContentTooLarge, OPERATION, message));
            }
            verify(&image)?;
            found.images.push(image);
        }
        found.failures.extend(answer.failures.unwrap_or_default().into_iter().map(images::failure));
    }
    Ok(found)
}

fn verify(image: &v1::Image) -> Result<()> {
    let said = image.image_id.as_ref().map(|id| id.image_digest.as_str()).unwrap_or_default();
    let matches = said.parse::<Digest>().is_ok_and(|digest| digest.matches(image.image_manifest.as_bytes()));
    if matches {
        return Ok(());
    }
    let found = Digest::of(image.image_manifest.as_bytes());
    let message = format!("the manifest was said to have the digest {said} and has {found}");
    Err(refused(EcrReason::ContentMismatch, OPERATION, message))
}

/// What a failure is when only one image was asked for.
fn error_of(failure: v1::ImageFailure) -> Error {
    let reason = match failure.failure_code() {
        ImageFailureCode::ImageNotFound => EcrReason::ImageNotFound,
        ImageFailureCode::InvalidImageDigest
        | ImageFailureCode::InvalidImageTag
        | ImageFailureCode::MissingDigestAndTag => EcrReason::InvalidParameter,
        ImageFailureCode::ImageTagDoesNotMatchDigest => EcrReason::ImageDigestMismatch,
        ImageFailureCode::KmsError => EcrReason::KmsError,
        ImageFailureCode::UpstreamAccessDenied
        | ImageFailureCode::UpstreamTooManyRequests
        | ImageFailureCode::UpstreamUnavailable => EcrReason::UnableToGetUpstreamImage,
        ImageFailureCode::ImageInaccessible => EcrReason::ImageArchived,
        ImageFailureCode::Unspecified
        | ImageFailureCode::ImageReferencedByManifestList
        | ImageFailureCode::LastTag
        | ImageFailureCode::CallFailed
        | ImageFailureCode::Unknown => EcrReason::Other,
    };
    refused(reason, OPERATION, format!("{}: {}", failure.raw_failure_code, failure.failure_reason))
}
