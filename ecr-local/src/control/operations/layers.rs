//! Layers that are there: BatchCheckLayerAvailability, GetDownloadUrlForLayer. A config counts as one.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    control::{
        call::{Call, Named},
        errors::Error,
        refusal::Refusal,
    },
    data::DOWNLOAD,
    model::Digest,
    pull_through::UpstreamError,
};

/// Of a layer that no manifest in particular is asked for.
const LAYER_TYPE: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const URL_LIFETIME: Duration = Duration::from_secs(60 * 60);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CheckInput {
    #[serde(flatten)]
    named: Named,
    layer_digests: Vec<String>,
}

/// BatchCheckLayerAvailability. Whoever is told of a layer may count on it for a while.
pub(super) async fn check(call: &Call<'_>, input: CheckInput) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    let (mut layers, mut failures) = (Vec::new(), Vec::new());
    for text in input.layer_digests {
        let mut fail = |code: &str, reason: &str| {
            failures.push(json!({ "layerDigest": text, "failureCode": code, "failureReason": reason }));
        };
        let Ok(digest) = text.parse::<Digest>() else {
            fail("InvalidLayerDigest", "The digest is malformed, or of an unsupported algorithm");
            continue;
        };
        match call.store().promise_blob(found.repository.id, &digest).await? {
            None => fail("MissingLayerDigest", "The layer does not exist in the repository"),
            Some(known) => layers.push(json!({
                "layerDigest": text,
                "layerAvailability": if known.is_archived { "ARCHIVED" } else { "AVAILABLE" },
                "layerSize": known.size,
                "mediaType": LAYER_TYPE,
            })),
        }
    }
    Ok(json!({ "layers": layers, "failures": failures }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DownloadInput {
    #[serde(flatten)]
    named: Named,
    layer_digest: String,
}

/// Fetches a layer from upstream if it is not here. Whether its repository is one that is fetched: then its image may still be on the way.
async fn fetch(call: &Call<'_>, input: &DownloadInput) -> Result<bool, Error> {
    let registry = call.registry(input.named.registry_id.as_deref())?;
    let parsed = (input.named.repository_name.parse(), input.layer_digest.parse());
    let (Ok(name), Ok(digest)) = parsed else { return Ok(false) };
    match call.plane.pull_through.blob(&registry, &name, &digest).await {
        Err(UpstreamError::NotFound) => Ok(true),
        Err(UpstreamError::Internal(why)) => Err(Error::Internal(why.into())),
        Err(error) => Err(Refusal::UnableToGetUpstreamLayer(error.to_string()).into()),
        Ok(is_fetched) => Ok(is_fetched),
    }
}

/// GetDownloadUrlForLayer: an address that opens one layer by itself, for an hour.
pub(super) async fn download_url(call: &Call<'_>, input: DownloadInput) -> Result<Value, Error> {
    let is_from_upstream = fetch(call, &input).await?;
    let found = call.find(&input.named).await?;
    let (place, text) = (found.place.clone(), input.layer_digest);
    let Ok(digest) = text.parse::<Digest>() else { return Err(Error::LayerNotFound(place, text)) };
    match call.state().blob(found.repository.id, &digest).await? {
        None => return Err(Error::LayerNotFound(place, text)),
        Some(known) if known.unused.is_some() && !is_from_upstream => {
            return Err(Error::LayerInaccessible(place, text));
        }
        Some(known) if known.is_archived => return Err(Refusal::LayerArchived(place, text).into()),
        Some(_) => {}
    }
    let name = &found.repository.name;
    let token = call.plane.auth.download_token(&found.registry, name, &digest, URL_LIFETIME);
    let url = format!("http://{}/v2/{name}/blobs/{digest}?{DOWNLOAD}={}", call.host, token.expose_secret());
    Ok(json!({ "downloadUrl": url, "layerDigest": text }))
}
