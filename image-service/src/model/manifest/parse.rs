//! From a document's bytes to what it says.

use std::collections::BTreeMap;

use super::{
    Descriptor, ManifestBody, ManifestFault, Platform,
    media_type::{MediaType, essence},
    members::Members,
};

/// Configs that are image configs. The blank and general types are what old registries served.
const IMAGE_CONFIGS: [&str; 6] = [
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.oci.image.config.v1+json",
    "application/octet-stream",
    "application/json",
    "text/html",
    "",
];
const EMPTY_CONFIG: &str = "application/vnd.oci.empty.v1+json";
/// BuildKit's mark on an entry that is about another entry, and not an image.
const ATTESTATION: (&str, &str) = ("vnd.docker.reference.type", "attestation-manifest");
const UNKNOWN: &str = "unknown";

impl From<String> for ManifestFault {
    fn from(why: String) -> Self {
        Self::Invalid(why)
    }
}

/// What a document is and says.
pub(super) fn document(
    content_type: Option<&str>,
    bytes: &[u8],
) -> Result<(MediaType, ManifestBody), ManifestFault> {
    let header = content_type.and_then(MediaType::read);
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let members = Members::of(text)?;
    let media_type = media_type(header, &members)?;
    let body = match media_type {
        MediaType::Schema1 | MediaType::SignedSchema1 => return Err(ManifestFault::Schema1),
        MediaType::Artifact => return Err(ManifestFault::NotAnImage(artifact_type(&members)?)),
        MediaType::DockerList | MediaType::OciIndex => index(&members)?,
        MediaType::DockerManifest | MediaType::OciManifest => image(&members)?,
    };
    Ok((media_type, body))
}

/// The `data` of the config's descriptor.
pub(super) fn config_data(bytes: &[u8]) -> Option<String> {
    let config = Members::of(std::str::from_utf8(bytes).ok()?).ok()?.object("config").ok()??;
    config.get("data").ok()?
}

/// The header and the body must agree as far as they say anything; failing both, the shape decides.
fn media_type(header: Option<MediaType>, members: &Members<'_>) -> Result<MediaType, ManifestFault> {
    let written = members.get::<String>("mediaType")?;
    let body = written.as_deref().and_then(MediaType::read);
    if let (Some(header), Some(body)) = (header, body)
        && header != body
    {
        let (header, body) = (header.as_str(), body.as_str());
        return Err(ManifestFault::Invalid(format!("it was served as {header} and calls itself {body}")));
    }
    if body.is_none()
        && let Some(other) = written.filter(|other| !other.is_empty())
    {
        return Err(ManifestFault::NotAnImage(essence(&other)));
    }
    match body.or(header) {
        Some(MediaType::Schema1 | MediaType::SignedSchema1) => return Err(ManifestFault::Schema1),
        Some(MediaType::Artifact) => return Ok(MediaType::Artifact),
        _ => {}
    }
    let has = |name| members.raw(name).map(|value| value.is_some());
    let (lists, describes) = (has("manifests")?, has("config")? || has("layers")?);
    let old = has("fsLayers")? || has("signatures")?;
    match (lists, describes, old) {
        (false, false, true) => return Err(ManifestFault::Schema1),
        (true, false, false) | (false, true, false) => {}
        (false, false, false) => return Err("it is neither a manifest nor an index".to_owned().into()),
        _ => return Err("it is a manifest and an index at once".to_owned().into()),
    }
    if members.get::<serde_json::Value>("schemaVersion")? != Some(2.into()) {
        return Err("its schemaVersion is not 2".to_owned().into());
    }
    let shape = if lists { MediaType::OciIndex } else { MediaType::OciManifest };
    match body.or(header) {
        Some(said) if said.is_index() != lists => {
            Err(format!("it calls itself {} and is not", said.as_str()).into())
        }
        said => Ok(said.unwrap_or(shape)),
    }
}

fn artifact_type(members: &Members<'_>) -> Result<String, String> {
    let written = members.get::<String>("artifactType")?.filter(|written| !written.is_empty());
    Ok(written.map_or_else(|| MediaType::Artifact.as_str().to_owned(), |written| essence(&written)))
}

fn image(members: &Members<'_>) -> Result<ManifestBody, ManifestFault> {
    let config = descriptor(&members.object("config")?.ok_or("it has no config".to_owned())?)?;
    if !IMAGE_CONFIGS.contains(&config.media_type.as_str()) {
        let artifact = members.get::<String>("artifactType")?.filter(|written| !written.is_empty());
        return Err(ManifestFault::NotAnImage(match artifact {
            Some(artifact) if config.media_type == EMPTY_CONFIG => essence(&artifact),
            _ => config.media_type,
        }));
    }
    let layers = members.objects("layers")?.unwrap_or_default();
    let layers = layers.iter().map(descriptor).collect::<Result<_, _>>()?;
    Ok(ManifestBody::Image { config, layers })
}

fn index(members: &Members<'_>) -> Result<ManifestBody, ManifestFault> {
    let entries = members.objects("manifests")?.unwrap_or_default();
    let entries = entries.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    Ok(ManifestBody::Index(entries.into_iter().flatten().collect()))
}

/// Nothing for an attestation.
fn entry(members: &Members<'_>) -> Result<Option<(Descriptor, Option<Platform>)>, String> {
    let descriptor = descriptor(members)?;
    let annotations = members.get::<BTreeMap<String, serde_json::Value>>("annotations")?.unwrap_or_default();
    let attests = annotations.get(ATTESTATION.0).is_some_and(|value| value.as_str() == Some(ATTESTATION.1));
    let platform = match members.object("platform")? {
        Some(platform) => platform_of(&platform)?,
        None => None,
    };
    let unknown = platform.as_ref().is_some_and(|p| p.os() == UNKNOWN && p.architecture() == UNKNOWN);
    Ok((!attests && !unknown).then_some((descriptor, platform)))
}

/// A platform that names no architecture is none.
fn platform_of(members: &Members<'_>) -> Result<Option<Platform>, String> {
    let text = |name| members.get::<String>(name).map(Option::unwrap_or_default);
    let (os, architecture) = (text("os")?, text("architecture")?);
    if architecture.is_empty() {
        return Ok(None);
    }
    Ok(Some(Platform::from_parts(&os, &architecture, &text("variant")?, &text("os.version")?)))
}

fn descriptor(members: &Members<'_>) -> Result<Descriptor, String> {
    let digest = members.get::<String>("digest")?.ok_or("a descriptor has no digest")?;
    Ok(Descriptor {
        media_type: essence(&members.get::<String>("mediaType")?.unwrap_or_default()),
        digest: digest.parse().map_err(|why| format!("a descriptor's digest is wrong: {why}"))?,
        size: members.get("size")?.ok_or("a descriptor has no size")?,
    })
}
