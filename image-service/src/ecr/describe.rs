//! DescribeImages, by pages and by name.

use imageservice_proto::ecr::v1;

use super::{calls::Calls, convert::images, operation::Operation, place::Place, request::BATCH};
use crate::error::{EcrReason, Error, Result};

/// A page of a repository's images.
pub(super) async fn page(
    calls: &Calls,
    place: &Place,
    repository: &str,
    filter: Option<v1::ImageFilter>,
    size: Option<i32>,
    token: Option<String>,
) -> Result<v1::DescribeImagesResponse> {
    let filter = filter.map(images::describe_filter);
    let id = calls.registry_id(place).map(|id| id.to_string());
    let page = calls.ecr(Operation::DescribeImages, place, |ecr| {
        let call = ecr.describe_images().set_registry_id(id.clone()).repository_name(repository);
        call.set_filter(filter.clone()).set_max_results(size).set_next_token(token.clone()).send()
    });
    let page = page.await?;
    let details = page.image_details.unwrap_or_default();
    calls.count_images(Operation::DescribeImages, details.len());
    Ok(v1::DescribeImagesResponse {
        image_details: details.into_iter().map(images::detail).collect(),
        next_page_token: page.next_token.unwrap_or_default(),
    })
}

/// The images that are named. One that is not there fails the call.
pub(super) async fn named(
    calls: &Calls,
    place: &Place,
    repository: &str,
    ids: Vec<v1::ImageIdentifier>,
) -> Result<Vec<v1::ImageDetail>> {
    let id = calls.registry_id(place).map(|id| id.to_string());
    let mut found = Vec::with_capacity(ids.len());
    for batch in ids.chunks(BATCH) {
        let batch: Vec<_> = batch.iter().cloned().map(images::to_aws).collect();
        let answer = calls.ecr(Operation::DescribeImages, place, |ecr| {
            let call = ecr.describe_images().set_registry_id(id.clone()).repository_name(repository);
            call.set_image_ids(Some(batch.clone())).send()
        });
        let details = answer.await?.image_details.unwrap_or_default();
        calls.count_images(Operation::DescribeImages, details.len());
        found.extend(details.into_iter().map(images::detail));
    }
    Ok(found)
}

/// Those of the images that are there. AWS refuses all for one that is missing, so then each is asked for alone.
pub(super) async fn present(
    calls: &Calls,
    place: &Place,
    repository: &str,
    ids: Vec<v1::ImageIdentifier>,
) -> Result<Vec<v1::ImageDetail>> {
    let mut found = Vec::new();
    for batch in ids.chunks(BATCH) {
        match unless_missing(named(calls, place, repository, batch.to_vec()).await)? {
            Some(all) => found.extend(all),
            None if batch.len() == 1 => {}
            None => {
                for id in batch {
                    let one = named(calls, place, repository, vec![id.clone()]).await;
                    found.extend(unless_missing(one)?.unwrap_or_default());
                }
            }
        }
    }
    Ok(found)
}

fn unless_missing<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(Error::Ecr(error)) if error.reason == EcrReason::ImageNotFound => Ok(None),
        Err(error) => Err(error),
    }
}
