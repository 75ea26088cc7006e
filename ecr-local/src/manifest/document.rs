//! Reading a manifest that is pushed: is it one, and what does it refer to (OCI image-spec, manifest.md and image-index.md).
//!
//! Invariant: what is accepted means the same to every client. A document that one of them may take for an image and another for an
//! index is refused, and so are doubled members.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};

use super::media_type as types;
use crate::{model::Digest, state::NewManifest};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: Option<u32>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
    annotations: Option<BTreeMap<String, String>>,
    fs_layers: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    media_type: String,
    digest: String,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
}

/// A document that is no manifest, and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ManifestError(pub(crate) String);

/// Reads a document that came with a media type, or with none. `digest` is that of its bytes.
pub(crate) fn read(content: &[u8], content_type: &str, digest: Digest) -> Result<NewManifest, ManifestError> {
    let document: Document =
        serde_json::from_slice(content).map_err(|error| invalid(format!("not a manifest: {error}")))?;
    let media_type = media_type(&document, content_type)?;
    if document.schema_version != Some(2) || document.fs_layers.is_some() {
        return Err(invalid("schemaVersion must be 2"));
    }
    let annotations = document.annotations.clone().unwrap_or_default();
    let mut manifest = NewManifest {
        digest,
        artifact_type: artifact_type(&document),
        subject: document.subject.as_ref().map(digest_of).transpose()?,
        annotations: serde_json::to_string(&annotations).map_err(|error| invalid(error.to_string()))?,
        content: content.to_vec(),
        blobs: Vec::new(),
        foreign_blobs: Vec::new(),
        children: Vec::new(),
        media_type,
    };
    match manifest.media_type.as_str() {
        types::DOCKER_MANIFEST | types::OCI_MANIFEST => refer_from_image(&document, &mut manifest)?,
        types::DOCKER_LIST | types::OCI_INDEX => refer_from_index(&document, &mut manifest)?,
        other => return Err(invalid(format!("manifests of the type {other:?} are not supported"))),
    }
    Ok(manifest)
}

/// The digest of the manifest for a system and an architecture in a list, if there is one.
pub(crate) fn for_platform(list: &[u8], os: &str, architecture: &str) -> Option<Digest> {
    let document: Document = serde_json::from_slice(list).ok()?;
    let is_wanted = |entry: &Descriptor| {
        entry.platform.as_ref().is_some_and(|p| p.os == os && p.architecture == architecture)
    };
    document.manifests?.into_iter().find(is_wanted)?.digest.parse().ok()
}

/// The header and the document must agree; the header alone, or the document alone, will do.
fn media_type(document: &Document, content_type: &str) -> Result<String, ManifestError> {
    let header = types::essence(content_type);
    match &document.media_type {
        None if header.is_empty() => Err(invalid("neither Content-Type nor mediaType says what this is")),
        None => Ok(header),
        Some(own) if header.is_empty() || *own == header => Ok(own.clone()),
        Some(own) => Err(invalid(format!("Content-Type is {header:?} and mediaType {own:?}"))),
    }
}

/// What a list of referrers says: the type of the config stands in (distribution-spec, "Listing Referrers").
fn artifact_type(document: &Document) -> String {
    let own = document.artifact_type.as_deref().filter(|own| !own.is_empty());
    let config = document.config.as_ref().map(|config| config.media_type.as_str());
    own.or(config).unwrap_or_default().to_owned()
}

fn refer_from_image(document: &Document, manifest: &mut NewManifest) -> Result<(), ManifestError> {
    if document.manifests.is_some() {
        return Err(invalid("an image manifest must not have manifests"));
    }
    let (Some(config), Some(layers)) = (&document.config, &document.layers) else {
        return Err(invalid("an image manifest needs config and layers"));
    };
    manifest.blobs.push(digest_of(config)?);
    for layer in layers {
        let digest = digest_of(layer)?;
        match types::may_be_elsewhere(&layer.media_type) {
            true => manifest.foreign_blobs.push(digest),
            false => manifest.blobs.push(digest),
        }
    }
    Ok(())
}

fn refer_from_index(document: &Document, manifest: &mut NewManifest) -> Result<(), ManifestError> {
    if document.config.is_some() || document.layers.is_some() {
        return Err(invalid("an index must have neither config nor layers"));
    }
    let entries = document.manifests.as_ref().ok_or_else(|| invalid("an index needs manifests"))?;
    manifest.children = entries.iter().map(digest_of).collect::<Result<_, _>>()?;
    Ok(())
}

fn digest_of(descriptor: &Descriptor) -> Result<Digest, ManifestError> {
    let shown: String = descriptor.digest.chars().take(150).collect();
    descriptor.digest.parse().map_err(|_| invalid(format!("{shown:?} is not a sha256 or sha512 digest")))
}

fn invalid(why: impl Into<String>) -> ManifestError {
    ManifestError(why.into())
}
