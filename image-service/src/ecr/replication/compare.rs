//! An image and its copy.

use std::collections::BTreeMap;

use imageservice_proto::ecr::v1::{self, difference::What};

use crate::{
    ecr::{
        calls::Calls,
        convert::manifests::{self, Document},
        describe, fetch,
        place::Place,
        request::refused,
    },
    error::{EcrReason, Error, Result},
    model::MediaType,
};

const OPERATION: &str = "CheckConsistency";

/// Compares an image at `source` with what is at `destination` under the same name.
pub(super) async fn compare(
    calls: &Calls,
    source: &Place,
    destination: &Place,
    repository: &str,
    id: v1::ImageIdentifier,
) -> Result<v1::CheckConsistencyResponse> {
    let image = describe::named(calls, source, repository, vec![id.clone()]).await?.into_iter().next();
    let image = image.ok_or_else(|| {
        refused(EcrReason::AnswerInvalid, OPERATION, "the answer says nothing of the image")
    })?;
    let digests = match is_index(&image) {
        true => children(calls, source, repository, &image).await?,
        false => Vec::new(),
    };
    let mut found = v1::CheckConsistencyResponse {
        image_digest: image.image_digest.clone(),
        children: i32::try_from(digests.len()).unwrap_or(i32::MAX),
        ..Default::default()
    };
    // By tag if there is one: that is what is pulled.
    let wanted = match id.image_tag.is_empty() {
        true => by_digest(&image.image_digest),
        false => v1::ImageIdentifier { image_tag: id.image_tag, ..Default::default() },
    };
    match describe::present(calls, destination, repository, vec![wanted]).await {
        Ok(copies) => {
            found.differences = differences(&image, copies.first());
            found.differences.extend(of_children(calls, source, destination, repository, digests).await?);
        }
        Err(Error::Ecr(error)) if error.reason == EcrReason::RepositoryNotFound => {
            found.differences.push(difference(What::RepositoryMissing, &image, repository, ""));
        }
        Err(error) => return Err(error),
    }
    found.consistent = found.differences.is_empty();
    Ok(found)
}

fn is_index(image: &v1::ImageDetail) -> bool {
    MediaType::read(&image.image_manifest_media_type).is_some_and(MediaType::is_index)
}

fn by_digest(digest: &str) -> v1::ImageIdentifier {
    v1::ImageIdentifier { image_digest: digest.to_owned(), ..Default::default() }
}

/// The digests that an index lists.
async fn children(
    calls: &Calls,
    place: &Place,
    repository: &str,
    index: &v1::ImageDetail,
) -> Result<Vec<v1::ImageIdentifier>> {
    let index = fetch::one(calls, place, repository, by_digest(&index.image_digest), Vec::new()).await?;
    match manifests::document(&index) {
        Ok(Document::List(list)) => Ok(list.manifests.iter().map(|child| by_digest(&child.digest)).collect()),
        Ok(Document::Image(_)) => Ok(Vec::new()),
        Err(why) => {
            let message = format!("the manifest cannot be used: {why}");
            Err(refused(EcrReason::ManifestInvalid, OPERATION, message))
        }
    }
}

/// ECR takes no index without its children, so that the source has them all.
async fn of_children(
    calls: &Calls,
    source: &Place,
    destination: &Place,
    repository: &str,
    digests: Vec<v1::ImageIdentifier>,
) -> Result<Vec<v1::Difference>> {
    let originals = describe::present(calls, source, repository, digests.clone()).await?;
    let copies = describe::present(calls, destination, repository, digests).await?;
    let copies: BTreeMap<_, _> = copies.iter().map(|copy| (copy.image_digest.as_str(), copy)).collect();
    let compared = originals
        .iter()
        .flat_map(|original| differences(original, copies.get(original.image_digest.as_str()).copied()));
    Ok(compared.collect())
}

/// What differs between an image and its copy. Of another image nothing but that is said.
fn differences(image: &v1::ImageDetail, copy: Option<&v1::ImageDetail>) -> Vec<v1::Difference> {
    let Some(copy) = copy else {
        return vec![difference(What::ImageMissing, image, &image.image_digest, "")];
    };
    if image.image_digest != copy.image_digest {
        return vec![difference(What::Digest, image, &image.image_digest, &copy.image_digest)];
    }
    let size = |image: &v1::ImageDetail| image.image_size_in_bytes.to_string();
    let media_type = |image: &v1::ImageDetail| image.image_manifest_media_type.clone();
    [
        (What::MediaType, media_type(image), media_type(copy)),
        (What::Tags, tags(image), tags(copy)),
        (What::Size, size(image), size(copy)),
    ]
    .into_iter()
    .filter(|(_, here, there)| here != there)
    .map(|(what, here, there)| difference(what, image, &here, &there))
    .collect()
}

fn tags(image: &v1::ImageDetail) -> String {
    let mut tags = image.image_tags.clone();
    tags.sort();
    tags.join(",")
}

fn difference(what: What, image: &v1::ImageDetail, source: &str, destination: &str) -> v1::Difference {
    v1::Difference {
        what: what.into(),
        image_digest: image.image_digest.clone(),
        source: source.to_owned(),
        destination: destination.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(tags: &[&str]) -> v1::ImageDetail {
        v1::ImageDetail {
            image_digest: "sha256:a".into(),
            image_tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            image_size_in_bytes: 7,
            image_manifest_media_type: "m".into(),
            ..Default::default()
        }
    }

    fn kinds(image: &v1::ImageDetail, copy: Option<&v1::ImageDetail>) -> Vec<What> {
        differences(image, copy).iter().map(v1::Difference::what).collect()
    }

    #[test]
    fn every_difference_is_told() {
        let copy = v1::ImageDetail {
            image_size_in_bytes: 8,
            image_manifest_media_type: "n".into(),
            ..image(&["b"])
        };
        assert_eq!(kinds(&image(&["a"]), Some(&copy)), [What::MediaType, What::Tags, What::Size]);
        assert_eq!(kinds(&image(&[]), None), [What::ImageMissing]);
    }

    #[test]
    fn another_image_is_one_difference() {
        let copy = v1::ImageDetail { image_digest: "sha256:b".into(), ..v1::ImageDetail::default() };
        assert_eq!(kinds(&image(&["a"]), Some(&copy)), [What::Digest]);
    }

    #[test]
    fn tags_may_come_in_any_order() {
        assert!(kinds(&image(&["a", "b"]), Some(&image(&["b", "a"]))).is_empty());
    }
}
