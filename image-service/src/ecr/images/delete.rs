//! Removing tags and images.
//!
//! Invariant: what AWS deleted is told, whatever fails after it; and AWS never gets a tag together with a digest, of which it is not known what it would
//! delete.

use imageservice_proto::ecr::v1::{self, ImageFailureCode};

use super::survey::{Survey, survey};
use crate::{
    ecr::{
        calls::Calls,
        convert::images,
        operation::Operation,
        place::Place,
        request::{BATCH, refused},
    },
    error::{EcrReason, Error, Result},
};

const OPERATION: &str = "BatchDeleteImage";

/// Removes what `ids` name; with `keep_image` nothing but tags, and never an image's last.
pub(super) async fn delete(
    calls: &Calls,
    place: &Place,
    repository: &str,
    ids: Vec<v1::ImageIdentifier>,
    keep_image: bool,
) -> Result<v1::BatchDeleteImageResponse> {
    if keep_image && ids.iter().any(|id| id.image_tag.is_empty()) {
        let message = "a digest without a tag means the image, and keep_image is set";
        return Err(refused(EcrReason::InvalidParameter, OPERATION, message));
    }
    let (looked_up, plain): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| {
        let both = !id.image_digest.is_empty() && !id.image_tag.is_empty();
        keep_image || both
    });
    let Survey { tags, failures } = survey(calls, place, repository, looked_up, keep_image).await?;
    let mut removed = v1::BatchDeleteImageResponse { image_ids: Vec::new(), failures };
    remove(calls, place, repository, [plain, tags].concat(), &mut removed).await?;
    Ok(removed)
}

/// In calls of as many as AWS takes. After the first, a call that fails is a failure of its members.
async fn remove(
    calls: &Calls,
    place: &Place,
    repository: &str,
    ids: Vec<v1::ImageIdentifier>,
    removed: &mut v1::BatchDeleteImageResponse,
) -> Result<()> {
    let registry_id = calls.registry_id(place).map(|id| id.to_string());
    for (number, batch) in ids.chunks(BATCH).enumerate() {
        let wanted: Vec<_> = batch.iter().cloned().map(images::to_aws).collect();
        let answer = calls.ecr(Operation::BatchDeleteImage, place, |ecr| {
            let call = ecr.batch_delete_image().set_registry_id(registry_id.clone());
            call.repository_name(repository).set_image_ids(Some(wanted.clone())).send()
        });
        match answer.await {
            Ok(answer) => {
                let gone = answer.image_ids.unwrap_or_default();
                calls.count_images(Operation::BatchDeleteImage, gone.len());
                removed.image_ids.extend(gone.into_iter().map(images::identifier));
                let failures = answer.failures.unwrap_or_default().into_iter();
                removed.failures.extend(failures.map(images::failure));
            }
            Err(error) if number == 0 => return Err(error),
            Err(error) => removed.failures.extend(batch.iter().map(|id| call_failed(id, &error))),
        }
    }
    Ok(())
}

fn call_failed(id: &v1::ImageIdentifier, error: &Error) -> v1::ImageFailure {
    failure(id, ImageFailureCode::CallFailed, error.to_string())
}

/// A failure of this service's own.
pub(super) fn failure(
    id: &v1::ImageIdentifier,
    code: ImageFailureCode,
    reason: impl Into<String>,
) -> v1::ImageFailure {
    v1::ImageFailure {
        image_id: Some(id.clone()),
        failure_code: code.into(),
        failure_reason: reason.into(),
        raw_failure_code: String::new(),
    }
}
