//! PutImage.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{image_id::ImageId, repositories::identified};
use crate::{
    control::{
        call::{Call, Named},
        errors::Error,
    },
    manifest,
    model::{Digest, Tag},
    state::{Pushed, PutOutcome},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    #[serde(flatten)]
    named: Named,
    image_manifest: String,
    image_manifest_media_type: Option<String>,
    image_tag: Option<String>,
    image_digest: Option<String>,
}

/// Records a manifest, or gives one that is there another tag.
pub(super) async fn run(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    let found = call.find_to_push_to(&input.named).await?;
    let invalid = |_| {
        Error::parameter("imageTag", "must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}'")
    };
    let tag = input.image_tag.as_deref().map(str::parse::<Tag>).transpose().map_err(invalid)?;
    let digest = Digest::of(input.image_manifest.as_bytes());
    if input.image_digest.is_some_and(|wanted| wanted != digest.to_string()) {
        return Err(Error::ImageDigestMismatch);
    }
    let media_type = input.image_manifest_media_type.unwrap_or_default();
    let read = manifest::read(input.image_manifest.as_bytes(), &media_type, digest.clone());
    let manifest = read.map_err(|error| Error::parameter("ImageManifest", &error.0))?;
    let (place, tags) = (found.place.clone(), tag.as_slice());
    match call.state().put_manifest(found.repository.id, &manifest, tags, Pushed::Once).await? {
        PutOutcome::Recorded => {}
        PutOutcome::Known => return Err(Error::ImageExists(place, digest.to_string(), input.image_tag)),
        PutOutcome::TagImmutable(tag) => return Err(Error::ImageTagExists(place, tag)),
        PutOutcome::Missing(missing) if manifest.children.contains(&missing) => {
            return Err(Error::ReferencedImagesNotFound(place, missing.to_string()));
        }
        PutOutcome::Missing(missing) => return Err(Error::LayersNotFound(place, missing.to_string())),
    }
    let mut image = identified(&found);
    image["imageId"] = json!(ImageId { image_digest: Some(digest.to_string()), image_tag: input.image_tag });
    image["imageManifest"] = input.image_manifest.into();
    image["imageManifestMediaType"] = manifest.media_type.into();
    Ok(json!({ "image": image }))
}
