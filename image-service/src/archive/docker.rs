//! Docker's own format since 1.10: `manifest.json`, beside which Docker 25 and later write an OCI layout.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    assemble::{self, IMAGES, Images, LAYERS, undecodable},
    contents::Contents,
    fault, oci,
};
use crate::{
    error::Result,
    model::{Bounded, Reference},
    ports::{ArchivedImage, Compression},
};

pub(super) const MANIFEST: &str = "manifest.json";
const NAMES: usize = 1024;

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "Config", default)]
    config: String,
    #[serde(rename = "RepoTags")]
    names: Option<Bounded<String, NAMES>>,
    #[serde(rename = "Layers")]
    layers: Option<Bounded<String, LAYERS>>,
}

/// What `manifest.json` says is in the archive.
pub(super) fn images(contents: &Contents, manifest: &[u8]) -> Result<Vec<ArchivedImage>> {
    let entries: Option<Bounded<&RawValue, IMAGES>> =
        serde_json::from_slice(manifest).map_err(undecodable(MANIFEST))?;
    let Some(Bounded(entries)) = entries else {
        return Err(fault::refused("invalid manifest, manifest cannot be null (but can be [])"));
    };
    let manifests = oci::manifests(contents);
    let mut images = Images::default();
    // One after the other, so that what is at hand at once is small.
    for entry in entries {
        let mut image = image(contents, entry)?;
        image.manifest =
            manifests.get(&image.id).filter(|manifest| oci::fits(manifest, &image.layers)).cloned();
        // What will be compressed will have another manifest.
        if image.layers.iter().any(|layer| layer.compression == Compression::None) {
            image.manifest = None;
        }
        images.add(image)?;
    }
    Ok(images.finish())
}

fn image(contents: &Contents, entry: &RawValue) -> Result<ArchivedImage> {
    let entry: Entry = serde_json::from_str(entry.get()).map_err(undecodable(MANIFEST))?;
    let config = contents.required_document("config", &entry.config)?;
    let layers = entry.layers.map(|Bounded(layers)| layers).unwrap_or_default();
    let mut image = assemble::image(config, &layers, |layer| contents.required_layer(layer).map(Some))?;
    let names = entry.names.map(|Bounded(names)| names).unwrap_or_default();
    image.names = names.iter().map(|name| assemble::name(name)).collect::<Result<Vec<Reference>>>()?;
    Ok(image)
}
