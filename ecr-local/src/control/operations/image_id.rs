//! How images are named in calls.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    control::{
        call::{Call, Found},
        errors::Error,
    },
    model::{Digest, Tag},
    state::{ImageRow, State},
};

/// A digest, a tag, or both.
#[derive(Deserialize, Serialize, Clone, Default, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImageId {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image_tag: Option<String>,
}

/// What an id that was read names.
pub(super) enum Meant {
    Digest(Digest),
    Tag(Tag),
}

/// Why an id names no image: a code and a reason, as batches answer them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure(pub(super) &'static str, pub(super) &'static str);

pub(super) const OTHER_DIGEST: Failure =
    Failure("ImageTagDoesNotMatchDigest", "The tag points at another image");
pub(super) const NOT_FOUND: Failure = Failure("ImageNotFound", "Requested image not found");

impl ImageId {
    /// What it names. Of both a tag must point at the digest.
    pub(super) async fn meant(
        &self,
        state: &State,
        repository: i64,
    ) -> Result<Result<Meant, Failure>, Error> {
        let digest = match self.image_digest.as_deref().map(str::parse::<Digest>) {
            Some(Err(_)) => {
                let why = "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'";
                return Ok(Err(Failure("InvalidImageDigest", why)));
            }
            digest => digest.and_then(Result::ok),
        };
        let tag = match self.image_tag.as_deref().map(str::parse::<Tag>) {
            Some(Err(_)) => {
                let why = "Invalid request parameters: image tag should satisfy the regex '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}'";
                return Ok(Err(Failure("InvalidImageTag", why)));
            }
            tag => tag.and_then(Result::ok),
        };
        Ok(match (digest, tag) {
            (Some(digest), None) => Ok(Meant::Digest(digest)),
            (None, Some(tag)) => Ok(Meant::Tag(tag)),
            (Some(digest), Some(tag)) => match state.tagged(repository, tag.as_str()).await? {
                Some(found) if found == digest.to_string() => Ok(Meant::Digest(digest)),
                Some(_) => Err(OTHER_DIGEST),
                None => Err(NOT_FOUND),
            },
            (None, None) => Err(Failure(
                "MissingDigestAndTag",
                "Invalid request parameters: both tag and digest cannot be null",
            )),
        })
    }

    /// Whether it has a digest that is not this one.
    pub(super) fn names_another(&self, digest: &Digest) -> bool {
        self.image_digest.as_ref().is_some_and(|named| *named != digest.to_string())
    }

    /// The image that it names, which must be there.
    pub(super) async fn find(&self, call: &Call<'_>, found: &Found) -> Result<ImageRow, Error> {
        let (state, repository) = (call.state(), found.repository.id);
        let unknown =
            || Error::ImageNotFound(found.place.clone(), self.image_digest.clone(), self.image_tag.clone());
        let digest = match self.meant(state, repository).await? {
            Ok(Meant::Digest(digest)) => digest.to_string(),
            Ok(Meant::Tag(tag)) => state.tagged(repository, tag.as_str()).await?.ok_or_else(unknown)?,
            Err(failure) if failure.0 == "MissingDigestAndTag" => {
                return Err(Error::parameter("imageId", "both tag and digest cannot be null"));
            }
            Err(_) => return Err(unknown()),
        };
        state.image(repository, &digest).await?.ok_or_else(unknown)
    }

    /// The same with the digest that it stands for.
    pub(super) fn with_digest(&self, digest: &str) -> Self {
        Self { image_digest: Some(digest.to_owned()), image_tag: self.image_tag.clone() }
    }

    /// What a batch says of it.
    pub(super) fn failed(&self, Failure(code, reason): Failure) -> Value {
        json!({ "imageId": self, "failureCode": code, "failureReason": reason })
    }
}
