//! What tags point at before they are removed: for tags that are named together with a digest, and for images that must stay.

use std::collections::{BTreeMap, BTreeSet};

use imageservice_proto::ecr::v1::{self, ImageFailureCode};

use super::delete::failure;
use crate::{
    ecr::{calls::Calls, describe, place::Place},
    error::Result,
};

/// What can be removed, and what cannot.
#[derive(Default)]
pub(super) struct Survey {
    /// By tag alone.
    pub(super) tags: Vec<v1::ImageIdentifier>,
    /// Of the others.
    pub(super) failures: Vec<v1::ImageFailure>,
}

/// Looks up tags, which may come with the digest that they must point at.
pub(super) async fn survey(
    calls: &Calls,
    place: &Place,
    repository: &str,
    ids: Vec<v1::ImageIdentifier>,
    keep_image: bool,
) -> Result<Survey> {
    let tags = ids.iter().map(|id| by_tag(&id.image_tag)).collect();
    let images = describe::present(calls, place, repository, tags).await?;
    Ok(decide(ids, &images, keep_image))
}

fn by_tag(tag: &str) -> v1::ImageIdentifier {
    v1::ImageIdentifier { image_tag: tag.to_owned(), ..Default::default() }
}

/// The rules, without AWS.
fn decide(ids: Vec<v1::ImageIdentifier>, images: &[v1::ImageDetail], keep_image: bool) -> Survey {
    let tagged =
        images.iter().flat_map(|image| image.image_tags.iter().map(move |tag| (tag.as_str(), image)));
    let tagged: BTreeMap<&str, &v1::ImageDetail> = tagged.collect();
    let mut survey = Survey::default();
    let mut wanted: BTreeMap<&str, Vec<v1::ImageIdentifier>> = BTreeMap::new();
    for id in ids {
        match tagged.get(id.image_tag.as_str()) {
            None => {
                let why = "Requested image not found";
                survey.failures.push(failure(&id, ImageFailureCode::ImageNotFound, why));
            }
            Some(image) if !id.image_digest.is_empty() && id.image_digest != image.image_digest => {
                let why = format!("the tag points at {}", image.image_digest);
                survey.failures.push(failure(&id, ImageFailureCode::ImageTagDoesNotMatchDigest, why));
            }
            Some(image) => wanted.entry(&image.image_digest).or_default().push(id),
        }
    }
    for (digest, ids) in wanted {
        let all: BTreeSet<_> =
            tagged.iter().filter(|(_, image)| image.image_digest == digest).map(|(tag, _)| *tag).collect();
        let going: BTreeSet<_> = ids.iter().map(|id| id.image_tag.as_str()).collect();
        if keep_image && going.is_superset(&all) {
            let why = "the image would go with its last tag, and keep_image is set";
            survey.failures.extend(ids.iter().map(|id| failure(id, ImageFailureCode::LastTag, why)));
        } else {
            survey.tags.extend(going.into_iter().map(by_tag));
        }
    }
    survey
}

#[cfg(test)]
#[path = "survey_tests.rs"]
mod tests;
