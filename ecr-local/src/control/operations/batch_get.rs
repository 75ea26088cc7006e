//! BatchGetImage.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    image_id::{Failure, ImageId, Meant, NOT_FOUND},
    repositories::identified,
};
use crate::{
    control::{
        call::{Call, Found, Named},
        errors::Error,
    },
    manifest::convert,
    model::{Digest, ImageStatus, Reference},
    state::StoredManifest,
};

const ARCHIVED: Failure = Failure("ImageInaccessible", "Requested image is archived");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    #[serde(flatten)]
    named: Named,
    image_ids: Vec<ImageId>,
    #[serde(default)]
    accepted_media_types: Vec<String>,
}

/// Manifests, each by the id that it was asked for by. What is by tag is converted if its type is not accepted and another one is.
pub(super) async fn run(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    let (mut images, mut failures) = (Vec::new(), Vec::new());
    for id in &input.image_ids {
        let meant = match id.meant(call.state(), found.repository.id).await? {
            Ok(meant) => meant,
            Err(failure) => {
                failures.push(id.failed(failure));
                continue;
            }
        };
        let (reference, is_by_tag) = match meant {
            Meant::Digest(digest) => (Reference::Digest(digest), false),
            Meant::Tag(tag) => (Reference::Tag(tag), true),
        };
        let Some(stored) = call.state().manifest(found.repository.id, &reference).await? else {
            failures.push(id.failed(NOT_FOUND));
            continue;
        };
        if stored.status != ImageStatus::Active {
            failures.push(id.failed(ARCHIVED));
            continue;
        }
        let principal = call.principal.as_deref();
        call.state().note_pull(&found.registry, found.repository.id, &stored, principal).await?;
        images.push(shown(&found, id, stored, is_by_tag.then_some(&input.accepted_media_types)));
    }
    Ok(json!({ "images": images, "failures": failures }))
}

fn shown(found: &Found, id: &ImageId, stored: StoredManifest, accepted: Option<&Vec<String>>) -> Value {
    let converted = accepted
        .filter(|accepted| !accepted.is_empty() && !accepted.contains(&stored.media_type))
        .and_then(|accepted| convert(&stored.content, &stored.media_type, accepted));
    let (media_type, content, digest) = match converted {
        Some((media_type, content)) => {
            let digest = Digest::of(&content);
            (media_type.to_owned(), content, digest)
        }
        None => (stored.media_type, stored.content, stored.digest),
    };
    let mut image = identified(found);
    image["imageId"] =
        json!(ImageId { image_digest: Some(digest.to_string()), image_tag: id.image_tag.clone() });
    image["imageManifest"] = String::from_utf8_lossy(&content).into();
    image["imageManifestMediaType"] = media_type.into();
    image
}
