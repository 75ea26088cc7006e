//! The manifest of a staged image: the archive's own if the layers are there as the archive has them, and otherwise a new one.
//!
//! Invariants: the same layers make the same bytes. Docker's types and OCI's do not meet in one manifest (Docker's know of no layer that is
//! not gzip).

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    error::{Error, Result},
    model::{Descriptor, Digest, Manifest, ManifestBody, MediaType},
    ports::{ArchivedImage, Compression, StagedLayer},
};

const OCI_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const OCI_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
const OCI_TAR: &str = "application/vnd.oci.image.layer.v1.tar";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// What a staged layer is recorded as.
pub(super) fn layer_type(compression: Compression) -> &'static str {
    match compression {
        Compression::None => OCI_TAR,
        Compression::Gzip => OCI_GZIP,
        Compression::Zstd => OCI_ZSTD,
    }
}

/// How a staged layer is compressed.
pub(super) fn compression(layer: &StagedLayer) -> Compression {
    match layer.blob.media_type.as_str() {
        OCI_GZIP => Compression::Gzip,
        OCI_ZSTD => Compression::Zstd,
        _ => Compression::None,
    }
}

/// `layers` are those of the image, lowest first, as the registry has them.
pub(super) fn build(image: &ArchivedImage, layers: &[StagedLayer]) -> Result<Manifest> {
    if let Some(manifest) = &image.manifest
        && is_as_archived(manifest, image, layers)
    {
        return Ok(manifest.clone());
    }
    let family = Family::of(image, layers);
    let document = Document {
        schema_version: 2,
        media_type: family.manifest().as_str(),
        config: Entry::new(family.config(), &image.id, image.config.len() as u64),
        layers: members(image, layers, family)?,
    };
    let bytes = Bytes::from(serde_json::to_vec(&document).map_err(Error::internal)?);
    Manifest::parse(Digest::of(&bytes), Some(family.manifest().as_str()), bytes)
        .map_err(|fault| Error::internal(format!("a manifest that was just made: {fault:?}")))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Docker,
    Oci,
}

impl Family {
    fn of(image: &ArchivedImage, layers: &[StagedLayer]) -> Self {
        let docker = MediaType::DockerManifest.as_str();
        let is_docker = image.manifest.as_ref().is_none_or(|manifest| manifest.media_type == docker);
        let all_gzip = layers.iter().all(|layer| compression(layer) == Compression::Gzip);
        if is_docker && all_gzip { Self::Docker } else { Self::Oci }
    }

    fn manifest(self) -> MediaType {
        match self {
            Self::Docker => MediaType::DockerManifest,
            Self::Oci => MediaType::OciManifest,
        }
    }

    fn config(self) -> &'static str {
        match self {
            Self::Docker => DOCKER_CONFIG,
            Self::Oci => OCI_CONFIG,
        }
    }

    fn layer(self, layer: &StagedLayer) -> &str {
        match self {
            Self::Docker => DOCKER_LAYER,
            Self::Oci => &layer.blob.media_type,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema_version: u8,
    media_type: &'a str,
    config: Entry<'a>,
    layers: Vec<Member<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Member<'a> {
    Staged(Entry<'a>),
    /// With its URLs, byte for byte.
    Foreign(&'a RawValue),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    media_type: &'a str,
    size: u64,
    digest: String,
}

impl<'a> Entry<'a> {
    fn new(media_type: &'a str, digest: &Digest, size: u64) -> Self {
        Self { media_type, size, digest: digest.to_string() }
    }
}

/// Whether the registry has, under the digests that the archive's manifest names, what that manifest needs.
fn is_as_archived(manifest: &Manifest, image: &ArchivedImage, layers: &[StagedLayer]) -> bool {
    let named = named(manifest);
    let brought = brought(named, image);
    let same = |(named, at): (&Descriptor, Option<usize>)| {
        at.is_none_or(|at| layers.get(at).is_some_and(|layer| layer.blob.digest == named.digest))
    };
    named.iter().zip(brought).all(same)
}

fn members<'a>(
    image: &'a ArchivedImage,
    layers: &'a [StagedLayer],
    family: Family,
) -> Result<Vec<Member<'a>>> {
    #[derive(Deserialize)]
    struct Raw<'a> {
        #[serde(borrow)]
        layers: Vec<&'a RawValue>,
    }
    let entry = |layer: &'a StagedLayer| {
        Member::Staged(Entry::new(family.layer(layer), &layer.blob.digest, layer.blob.size))
    };
    let Some(manifest) = &image.manifest else { return Ok(layers.iter().map(entry).collect()) };
    let named = named(manifest);
    let raw: Raw<'a> = serde_json::from_slice(&manifest.bytes).map_err(Error::internal)?;
    let member = |(raw, at): (&'a RawValue, Option<usize>)| match at {
        Some(at) => layers.get(at).map(entry),
        None => Some(Member::Foreign(raw)),
    };
    let members: Option<Vec<_>> = raw.layers.into_iter().zip(brought(named, image)).map(member).collect();
    members.ok_or_else(|| Error::internal("an image has fewer layers than its manifest"))
}

/// For each layer that a manifest names, which of the image's it is; nothing for a foreign one that the archive does not hold.
fn brought(named: &[Descriptor], image: &ArchivedImage) -> Vec<Option<usize>> {
    let mut next = 0;
    let brought = named.iter().map(|named| {
        if named.is_foreign() && image.layers.get(next).is_none_or(|layer| layer.digest != named.digest) {
            return None;
        }
        next += 1;
        Some(next - 1)
    });
    brought.collect()
}

fn named(manifest: &Manifest) -> &[Descriptor] {
    match &manifest.body {
        ManifestBody::Image { layers, .. } => layers,
        ManifestBody::Index(_) => &[],
    }
}
