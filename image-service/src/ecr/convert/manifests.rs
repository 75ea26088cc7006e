//! Manifests and indexes, read. Artifacts are read too, which is where this differs from what a pull needs.

use std::collections::HashMap;

use bytes::Bytes;
use imageservice_proto::ecr::v1;
use serde::Deserialize;

use crate::model::{Digest, Manifest, ManifestBody, ManifestFault};

/// What a manifest turned out to be.
pub(in super::super) enum Document {
    /// Of one image or artifact.
    Image(v1::ImageManifest),
    /// An index.
    List(v1::ManifestList),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Json {
    schema_version: i32,
    config: Option<Entry>,
    #[serde(default)]
    layers: Vec<Entry>,
    #[serde(default)]
    manifests: Vec<Entry>,
    #[serde(default)]
    artifact_type: String,
    subject: Option<Entry>,
    annotations: Option<HashMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    media_type: String,
    size: u64,
    digest: String,
    platform: Option<PlatformJson>,
    #[serde(default)]
    artifact_type: String,
    annotations: Option<HashMap<String, String>>,
}

/// As indexes and configs have it.
#[derive(Deserialize)]
struct PlatformJson {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
    #[serde(default, rename = "os.version")]
    os_version: String,
    #[serde(default)]
    variant: String,
    #[serde(default, rename = "os.features")]
    os_features: Vec<String>,
}

/// Reads a manifest whose digest has been checked; the error says in one clause what is wrong with it.
pub(in super::super) fn document(image: &v1::Image) -> Result<Document, String> {
    let text = &image.image_manifest;
    let digest = Digest::of(text.as_bytes());
    let media_type =
        Some(image.image_manifest_media_type.as_str()).filter(|media_type| !media_type.is_empty());
    // A document that two readers could take for different things ends here.
    let read = Manifest::parse(digest.clone(), media_type, Bytes::copy_from_slice(text.as_bytes()));
    let (media_type, is_index) = match read {
        Ok(manifest) => {
            let is_index = matches!(manifest.body, ManifestBody::Index(_));
            (manifest.media_type, is_index)
        }
        Err(ManifestFault::NotAnImage(_)) => (image.image_manifest_media_type.clone(), false),
        Err(ManifestFault::Schema1) => return Err("it is a Docker manifest of schema 1".into()),
        Err(ManifestFault::Invalid(why)) => return Err(why),
    };
    let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(match is_index {
        true => Document::List(list(json, media_type, &digest)),
        false => Document::Image(manifest(json, media_type, &digest)),
    })
}

/// The platform that a config names.
pub(in super::super) fn platform_of_config(config: &[u8]) -> Option<v1::Platform> {
    serde_json::from_slice(config).ok().map(platform).filter(|platform| !platform.architecture.is_empty())
}

fn manifest(json: Json, media_type: String, digest: &Digest) -> v1::ImageManifest {
    v1::ImageManifest {
        schema_version: json.schema_version,
        media_type,
        config: json.config.map(|config| v1::ManifestConfig {
            media_type: config.media_type,
            size: config.size,
            digest: config.digest,
        }),
        layers: json.layers.into_iter().map(layer).collect(),
        image_digest: digest.to_string(),
        artifact_type: json.artifact_type,
        subject: json.subject.map(descriptor),
        annotations: json.annotations.unwrap_or_default(),
    }
}

fn list(json: Json, media_type: String, digest: &Digest) -> v1::ManifestList {
    v1::ManifestList {
        schema_version: json.schema_version,
        media_type,
        manifests: json.manifests.into_iter().map(child).collect(),
        image_digest: digest.to_string(),
        artifact_type: json.artifact_type,
        subject: json.subject.map(descriptor),
        annotations: json.annotations.unwrap_or_default(),
    }
}

fn layer(entry: Entry) -> v1::ManifestLayer {
    v1::ManifestLayer {
        media_type: entry.media_type,
        size: entry.size,
        digest: entry.digest,
        annotations: entry.annotations.unwrap_or_default(),
    }
}

fn child(entry: Entry) -> v1::PlatformManifest {
    v1::PlatformManifest {
        media_type: entry.media_type,
        size: entry.size,
        digest: entry.digest,
        platform: entry.platform.map(platform),
        artifact_type: entry.artifact_type,
        annotations: entry.annotations.unwrap_or_default(),
    }
}

fn descriptor(entry: Entry) -> v1::Descriptor {
    v1::Descriptor { media_type: entry.media_type, size: entry.size, digest: entry.digest }
}

fn platform(platform: PlatformJson) -> v1::Platform {
    v1::Platform {
        architecture: platform.architecture,
        os: platform.os,
        os_version: platform.os_version,
        variant: platform.variant,
        os_features: platform.os_features,
    }
}

#[cfg(test)]
#[path = "manifests_tests.rs"]
mod tests;
