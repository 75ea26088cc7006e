//! BatchGetImage.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    image_id::{Failure, ImageId, Meant, NOT_FOUND, OTHER_DIGEST},
    repositories::identified,
};
use crate::{
    control::{
        call::{Call, Found, Named},
        errors::Error,
        refusal::Refusal,
    },
    manifest::convert,
    model::{Digest, ImageStatus, Reference},
    pull_through::UpstreamError,
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

/// What upstream said of each id that it was asked for.
type FromUpstream = HashMap<usize, Result<StoredManifest, Failure>>;

/// Manifests, each by the id that it was asked for by. What is by tag is converted if its type is not accepted and another one is.
pub(super) async fn run(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    let mut upstream = fetch(call, &input).await?;
    let (mut images, mut failures) = (Vec::new(), Vec::new());
    let found = match call.find(&input.named).await {
        Err(Error::RepositoryNotFound(_)) if !upstream.is_empty() => {
            let failure = |number| upstream.get(&number).and_then(|told| told.as_ref().err());
            let ids = input.image_ids.iter().enumerate();
            let failures: Vec<_> =
                ids.map(|(number, id)| id.failed(*failure(number).unwrap_or(&NOT_FOUND))).collect();
            return Ok(json!({ "images": images, "failures": failures }));
        }
        found => found?,
    };
    for (number, id) in input.image_ids.iter().enumerate() {
        match upstream.remove(&number) {
            Some(Err(failure)) => {
                failures.push(id.failed(failure));
                continue;
            }
            Some(Ok(fetched)) => {
                let principal = call.principal.as_deref();
                call.state().note_pull(&found.registry, found.repository.id, &fetched, principal).await?;
                let accepted = id.image_digest.is_none().then_some(&input.accepted_media_types);
                images.push(shown(&found, id, fetched, accepted));
                continue;
            }
            None => {}
        }
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

/// Asks upstream for what is kept no more, or not yet. Nothing if no rule takes the repository, or it has no such image.
async fn fetch(call: &Call<'_>, input: &Input) -> Result<FromUpstream, Error> {
    let registry = call.registry(input.named.registry_id.as_deref())?;
    let Ok(name) = input.named.repository_name.parse() else { return Ok(HashMap::new()) };
    let mut fetched = HashMap::new();
    for (number, id) in input.image_ids.iter().enumerate() {
        let reference = id.image_tag.as_ref().or(id.image_digest.as_ref()).and_then(|text| text.parse().ok());
        let Some(reference) = reference else { continue };
        let told = match call.plane.pull_through.manifest(&registry, &name, &reference).await {
            Ok(None) | Err(UpstreamError::NotFound) => continue,
            Ok(Some(manifest)) if id.names_another(&manifest.digest) => Err(OTHER_DIGEST),
            Ok(Some(manifest)) => Ok(manifest),
            Err(UpstreamError::AccessDenied) => {
                Err(Failure("UpstreamAccessDenied", "The upstream registry denies access"))
            }
            Err(UpstreamError::TooManyRequests) => {
                Err(Failure("UpstreamTooManyRequests", "The upstream registry has had too many requests"))
            }
            Err(UpstreamError::Unavailable(why)) => {
                tracing::warn!(why, repository = %name, "upstream is of no use");
                Err(Failure("UpstreamUnavailable", "The upstream registry is not available"))
            }
            Err(UpstreamError::Secret(error)) => {
                return Err(Refusal::UnableToGetUpstreamImage(error.to_string()).into());
            }
            Err(UpstreamError::Internal(why)) => return Err(Error::Internal(why.into())),
        };
        fetched.insert(number, told);
    }
    Ok(fetched)
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
