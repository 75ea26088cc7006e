//! The layers that two images share, from what is kept of each: sixteen bytes of every diff ID.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Digest, Image, ImageConfig};

/// Enough of a digest for no two layers to be taken for one.
const WIDTH: usize = 16;

type Mark = [u8; WIDTH];

/// What is kept of an image's layers, each once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LayerMarks(BTreeSet<Mark>);

/// The layers of the image that others are compared with.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReferenceLayers(BTreeMap<Mark, u64>);

/// What an image has of the reference's layers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SharedLayers {
    /// Different layers.
    pub count: usize,
    /// Of these layers' blobs, as the reference has them.
    pub bytes: u64,
    /// 0 to 1: of all bytes of the reference's blobs; of their number if no size is known.
    pub share: f32,
}

impl LayerMarks {
    /// Of an image.
    #[must_use]
    pub fn of(image: &Image) -> Self {
        Self(diff_ids(image).iter().filter_map(mark).collect())
    }

    /// To be kept.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flatten().copied().collect()
    }
}

impl ReferenceLayers {
    /// Of an image. A layer without a size counts as empty.
    #[must_use]
    pub fn of(image: &Image) -> Self {
        let sizes = image.layer_sizes.iter().copied().chain(std::iter::repeat(0));
        let layers = diff_ids(image).into_iter().zip(sizes);
        Self(layers.filter_map(|(id, size)| Some((mark(&id)?, size))).collect())
    }

    /// What another image has of them, by the marks that were kept of it.
    #[must_use]
    pub fn shared_with(&self, kept: &[u8]) -> SharedLayers {
        let (marks, _) = kept.as_chunks::<WIDTH>();
        let shared: BTreeSet<_> = marks.iter().filter(|mark| self.0.contains_key(*mark)).collect();
        let bytes = sum(shared.iter().filter_map(|mark| self.0.get(*mark)));
        let share = match sum(self.0.values()) {
            0 => ratio(shared.len() as u64, self.0.len() as u64),
            all => ratio(bytes, all),
        };
        SharedLayers { count: shared.len(), bytes, share }
    }
}

fn diff_ids(image: &Image) -> Vec<Digest> {
    ImageConfig::parse(&image.config).map(|config| config.diff_ids).unwrap_or_default()
}

fn mark(diff_id: &Digest) -> Option<Mark> {
    let mut mark = [0; WIDTH];
    hex::decode_to_slice(diff_id.hex().get(..2 * WIDTH)?, &mut mark).ok()?;
    Some(mark)
}

fn sum<'a>(sizes: impl Iterator<Item = &'a u64>) -> u64 {
    sizes.fold(0, |sum, size| sum.saturating_add(*size))
}

fn ratio(part: u64, whole: u64) -> f32 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(layers: &[&str], sizes: &[u64]) -> Image {
        let ids: Vec<_> =
            layers.iter().map(|layer| format!("\"{}\"", Digest::of(layer.as_bytes()))).collect();
        let config = format!(r#"{{"rootfs":{{"diff_ids":[{}]}}}}"#, ids.join(","));
        Image {
            id: Digest::of(config.as_bytes()),
            config: config.into(),
            layer_sizes: sizes.to_vec(),
            tags: vec![],
            digests: vec![],
            last_tagged: None,
        }
    }

    fn shared(reference: &Image, other: &Image) -> (usize, u64, f32) {
        let kept = LayerMarks::of(other).to_bytes();
        let SharedLayers { count, bytes, share } = ReferenceLayers::of(reference).shared_with(&kept);
        (count, bytes, share)
    }

    #[test]
    fn the_share_is_one_of_bytes_and_each_layer_counts_once() {
        let reference = image(&["base", "app", "base"], &[30, 10, 30]);
        assert_eq!(shared(&reference, &image(&["base", "other", "base"], &[1, 2, 1])), (1, 30, 0.75));
        assert_eq!(shared(&reference, &reference), (2, 40, 1.0));
        assert_eq!(shared(&reference, &image(&[], &[])), (0, 0, 0.0));
        assert_eq!(shared(&image(&[], &[]), &reference), (0, 0, 0.0));
    }

    #[test]
    fn without_sizes_the_share_is_one_of_layers() {
        assert_eq!(shared(&image(&["base", "app"], &[]), &image(&["base"], &[])), (1, 0, 0.5));
    }
}
