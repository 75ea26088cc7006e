//! OCI layouts (OCI image-spec, image-layout.md): `index.json`, and blobs by digest.

use std::collections::HashMap;

use bytes::Bytes;

use super::{
    assemble::{self, Images},
    contents::Contents,
    fault,
    leaves::{Leaf, Leaves},
    oci_names::{Group, groups},
};
use crate::{
    error::{Error, Result},
    model::{Descriptor, Digest, Manifest, ManifestBody, Platform},
    ports::{ArchivedImage, ReadLayer},
};

pub(super) const INDEX: &str = "index.json";
/// Platforms told to who asked for another.
const MAX_SHOWN: usize = 32;
const MAX_SHOWN_LENGTH: usize = 64;

/// The images that `index.json` leads to, each for the platform that fits `wanted` best. What is there for one platform alone is taken
/// whatever that is, as a single manifest of a registry is.
pub(super) fn images(
    contents: &Contents,
    index: &Bytes,
    wanted: &Platform,
    other_architectures: bool,
) -> Result<Vec<ArchivedImage>> {
    let mut leaves = Leaves::new(contents, wanted.candidates(other_architectures));
    let mut images = Images::default();
    for group in groups(index)? {
        for leaf in choose(&mut leaves, &group, wanted)? {
            let mut image = image(contents, leaf.manifest)?;
            image.names.clone_from(&group.names);
            images.add(image)?;
        }
    }
    Ok(images.finish())
}

/// The image manifests of the layout beside a `manifest.json`, by the image's ID. What cannot be read is not missed.
pub(super) fn manifests(contents: &Contents) -> HashMap<Digest, Manifest> {
    let groups = contents.document(INDEX).ok().flatten().and_then(|index| groups(&index).ok());
    let mut leaves = Leaves::new(contents, Vec::new());
    let mut found = HashMap::new();
    for entry in groups.unwrap_or_default().into_iter().flat_map(|group| group.entries) {
        for Leaf { manifest, .. } in leaves.of(&entry).unwrap_or_default() {
            if let ManifestBody::Image { config, .. } = &manifest.body {
                found.entry(config.digest.clone()).or_insert(manifest);
            }
        }
    }
    found
}

/// Whether the manifest is of exactly these layers as they were handed on.
pub(super) fn fits(manifest: &Manifest, layers: &[ReadLayer]) -> bool {
    let ManifestBody::Image { layers: described, .. } = &manifest.body else { return false };
    described.len() == layers.len() && described.iter().zip(layers).all(|(blob, layer)| is_of(blob, layer))
}

/// Entries of one name are one image for several platforms. Without names, those that fit equally well are different images.
fn choose(leaves: &mut Leaves<'_>, group: &Group, wanted: &Platform) -> Result<Vec<Leaf>> {
    let mut best = Vec::new();
    let mut available: Vec<String> = Vec::new();
    for entry in &group.entries {
        let mut all = leaves.of(entry)?;
        let shown = |leaf: &Leaf| leaf.platform.to_string().chars().take(MAX_SHOWN_LENGTH).collect();
        available.extend(all.iter().take(MAX_SHOWN).map(shown));
        // The first of several that fit equally well.
        all.sort_by_key(|leaf| leaf.rank.unwrap_or(usize::MAX));
        let single = all.len() == 1;
        best.extend(all.into_iter().next().filter(|leaf| single || leaf.rank.is_some()));
    }
    if best.len() > 1 {
        let rank = best.iter().filter_map(|leaf| leaf.rank).min();
        best.retain(|leaf| rank.is_some() && leaf.rank == rank);
        best.truncate(if group.names.is_empty() { best.len() } else { 1 });
    }
    if best.is_empty() && !available.is_empty() {
        available.truncate(MAX_SHOWN);
        let reference = group.names.first().map_or_else(|| INDEX.to_owned(), |name| name.familiar());
        return Err(Error::PlatformUnavailable { reference, wanted: wanted.to_string(), available });
    }
    Ok(best)
}

fn image(contents: &Contents, manifest: Manifest) -> Result<ArchivedImage> {
    let ManifestBody::Image { config, layers } = &manifest.body else {
        return Err(Error::internal("an index was chosen as an image"));
    };
    let config = required_blob(contents, "config", config)?;
    let mut image = assemble::image(config, layers, |blob| layer(contents, blob))?;
    image.manifest = Some(manifest);
    Ok(image)
}

/// Nothing for one that is to be had elsewhere, and that layouts leave out for that reason.
fn layer<'a>(contents: &'a Contents, blob: &Descriptor) -> Result<Option<&'a ReadLayer>> {
    let path = path(&blob.digest);
    if blob.is_foreign() && !contents.has(&path)? {
        return Ok(None);
    }
    let layer = contents.required_layer(&path)?;
    match is_of(blob, layer) {
        true => Ok(Some(layer)),
        false => Err(damaged(blob)),
    }
}

fn is_of(blob: &Descriptor, layer: &ReadLayer) -> bool {
    (&blob.digest, blob.size) == (&layer.digest, layer.size)
}

/// A document by its digest, verified.
pub(super) fn blob(contents: &Contents, blob: &Descriptor) -> Result<Option<Bytes>> {
    let Some(bytes) = contents.document(&path(&blob.digest))? else { return Ok(None) };
    match bytes.len() as u64 == blob.size && blob.digest.matches(&bytes) {
        true => Ok(Some(bytes)),
        false => Err(damaged(blob)),
    }
}

/// One that must be there.
pub(super) fn required_blob(contents: &Contents, what: &str, descriptor: &Descriptor) -> Result<Bytes> {
    let found = blob(contents, descriptor)?;
    found.map_or_else(|| contents.required_document(what, &path(&descriptor.digest)), Ok)
}

/// Where a layout has a blob.
pub(super) fn path(digest: &Digest) -> String {
    format!("blobs/{}", digest.to_string().replace(':', "/"))
}

fn damaged(blob: &Descriptor) -> Error {
    fault::invalid(format_args!(
        "blob {} is not what its digest and size say: save the image again",
        blob.digest
    ))
}
