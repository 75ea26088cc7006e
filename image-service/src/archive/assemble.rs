//! Images from configs and layers, checked in dockerd's order and refused in its words.

use std::collections::HashMap;

use bytes::Bytes;
use serde::{Deserialize, de::IgnoredAny};

use super::fault;
use crate::{
    error::{Error, Result},
    model::{Digest, ImageConfig, Reference},
    ports::{ArchivedImage, ReadLayer},
};

/// Images of one archive.
pub(super) const IMAGES: usize = 1024;
/// Layers of one image: engines have room for 128.
pub(super) const LAYERS: usize = 1024;
/// Objects and arrays within each other, as many as readers of JSON follow.
const MAX_DEPTH: usize = 128;
/// Layers of all images, counted for each of them.
const ALL_LAYERS: usize = 32_768;

/// The images of an archive in its order, each once.
#[derive(Default)]
pub(super) struct Images {
    images: Vec<ArchivedImage>,
    places: HashMap<Digest, usize>,
    layers: usize,
}

impl Images {
    /// Adds an image, or its names to the same one.
    pub(super) fn add(&mut self, image: ArchivedImage) -> Result<()> {
        if let Some(there) = self.places.get(&image.id).and_then(|place| self.images.get_mut(*place)) {
            let new: Vec<_> = image.names.into_iter().filter(|name| !there.names.contains(name)).collect();
            there.names.extend(new);
            return Ok(());
        }
        self.layers += image.layers.len();
        if self.images.len() == IMAGES || self.layers > ALL_LAYERS {
            return Err(fault::invalid(format_args!(
                "it has more than the limit of {IMAGES} images or {ALL_LAYERS} layers of images"
            )));
        }
        self.places.insert(image.id.clone(), self.images.len());
        self.images.push(image);
        Ok(())
    }

    pub(super) fn finish(self) -> Vec<ArchivedImage> {
        self.images
    }
}

/// An image whose manifest names `layers`, lowest first; `find` gets those that are not meant to be elsewhere.
pub(super) fn image<'a, T>(
    config: Bytes,
    layers: &[T],
    find: impl Fn(&T) -> Result<Option<&'a ReadLayer>>,
) -> Result<ArchivedImage> {
    let ImageConfig { platform, diff_ids, .. } = read_config(&config)?;
    if layers.len() != diff_ids.len() {
        return Err(fault::refused(&format!(
            "invalid manifest, layers length mismatch: expected {}, got {}",
            layers.len(),
            diff_ids.len()
        )));
    }
    let mut found = Vec::with_capacity(layers.len());
    for (place, (layer, diff_id)) in layers.iter().zip(&diff_ids).enumerate() {
        let Some(layer) = find(layer)? else { continue };
        if layer.diff_id != *diff_id {
            return Err(fault::refused(&format!(
                r#"invalid diffID for layer {place}: expected "{diff_id}", got "{}""#,
                layer.diff_id
            )));
        }
        found.push(layer.clone());
    }
    let id = Digest::of(&config);
    Ok(ArchivedImage { id, config, platform, names: Vec::new(), layers: found, manifest: None })
}

/// A config.
pub(super) fn read_config(bytes: &[u8]) -> Result<ImageConfig> {
    #[derive(Deserialize)]
    struct Shape {
        rootfs: Option<IgnoredAny>,
    }
    let unreadable = |why: String| fault::refused(&format!("invalid image JSON, {why}"));
    if depth(bytes) > MAX_DEPTH {
        return Err(unreadable(format!("it is nested deeper than the limit of {MAX_DEPTH}")));
    }
    let shape: Shape = serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
    if shape.rootfs.is_none() {
        return Err(unreadable("no RootFS key".to_owned()));
    }
    ImageConfig::parse(bytes).map_err(unreadable)
}

/// How deep JSON is nested: members that are passed over here are read by others.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut within, mut escape) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escape => escape = false,
            b'\\' => escape = within,
            b'"' => within = !within,
            b'{' | b'[' if !within => depth += 1,
            b'}' | b']' if !within => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A name of an image, which has a tag and nothing more.
pub(super) fn name(text: &str) -> Result<Reference> {
    let reference: Reference =
        text.parse().map_err(|why| fault::refused(&format!(r#"invalid tag "{text}": {why}"#)))?;
    match (&reference.tag, &reference.digest) {
        (Some(_), None) => Ok(reference),
        _ => Err(fault::refused(&format!(r#"invalid tag "{text}""#))),
    }
}

/// What cannot be read, by name.
pub(super) fn undecodable(document: &str) -> impl Fn(serde_json::Error) -> Error {
    move |why| fault::invalid(format_args!("failed to decode {document}: {why}"))
}
