//! From an entry of an index to the images that are there: through indexes within indexes, past what is elsewhere.

use std::collections::HashSet;

use bytes::Bytes;

use super::{
    assemble::{IMAGES, LAYERS, read_config},
    contents::Contents,
    fault, oci,
    oci_names::{Entry, explained, parse},
};
use crate::{
    error::Result,
    model::{Digest, Manifest, ManifestBody, ManifestFault, Platform},
};

/// Indexes within indexes.
const MAX_DEPTH: u32 = 4;

/// An image's own manifest.
pub(super) struct Leaf {
    pub(super) manifest: Manifest,
    pub(super) platform: Platform,
    /// How well it fits: 0 is best, nothing if it does not.
    pub(super) rank: Option<usize>,
}

/// Opens entries; none twice on the way from one.
pub(super) struct Leaves<'a> {
    contents: &'a Contents,
    candidates: Vec<Platform>,
    visited: HashSet<Digest>,
    opened: usize,
}

impl<'a> Leaves<'a> {
    /// `candidates`: platforms that fit, best first.
    pub(super) fn new(contents: &'a Contents, candidates: Vec<Platform>) -> Self {
        Self { contents, candidates, visited: HashSet::new(), opened: 0 }
    }

    /// The images that an entry leads to, in document order. An archive may leave out platforms, but not all of them.
    pub(super) fn of(&mut self, entry: &Entry) -> Result<Vec<Leaf>> {
        self.visited.clear();
        let bytes = oci::required_blob(self.contents, "manifest", &entry.0)?;
        let mut found = Vec::new();
        if let Some(missing) = self.open(entry, bytes, 0, &mut found)?
            && found.is_empty()
        {
            oci::required_blob(self.contents, "manifest", &missing.0)?;
        }
        Ok(found)
    }

    /// Returns the first entry that is not there.
    fn open(
        &mut self,
        (descriptor, platform): &Entry,
        bytes: Bytes,
        depth: u32,
        found: &mut Vec<Leaf>,
    ) -> Result<Option<Entry>> {
        if !self.visited.insert(descriptor.digest.clone()) {
            return Ok(None);
        }
        self.opened += 1;
        if depth > MAX_DEPTH || self.opened > IMAGES {
            return Err(fault::invalid("its index leads too far before it comes to an image"));
        }
        let digest = &descriptor.digest;
        let content_type = Some(descriptor.media_type.as_str());
        let manifest = match parse(digest.clone(), content_type, bytes) {
            Ok(manifest) => manifest,
            // A chart or a signature beside images is no harm.
            Err(ManifestFault::NotAnImage(_)) => return Ok(None),
            Err(why) => {
                return Err(fault::invalid(format_args!(
                    "manifest {digest} cannot be used: {}",
                    explained(why)
                )));
            }
        };
        let mut missing = None;
        match &manifest.body {
            ManifestBody::Image { layers, .. } if layers.len() > LAYERS => {
                return Err(fault::invalid(format_args!(
                    "manifest {digest} has more than the limit of {LAYERS} layers"
                )));
            }
            ManifestBody::Image { .. } => found.push(self.leaf(manifest, platform.clone())?),
            ManifestBody::Index(entries) => {
                for entry in entries {
                    match oci::blob(self.contents, &entry.0)? {
                        Some(bytes) => missing = missing.or(self.open(entry, bytes, depth + 1, found)?),
                        None => missing = missing.or_else(|| Some(entry.clone())),
                    }
                }
            }
        }
        Ok(missing)
    }

    /// An entry that names no platform is for the one that the config names.
    fn leaf(&self, manifest: Manifest, platform: Option<Platform>) -> Result<Leaf> {
        let platform = match (&manifest.body, platform) {
            (_, Some(platform)) => platform,
            (ManifestBody::Image { config, .. }, None) => {
                read_config(&oci::required_blob(self.contents, "config", config)?)?.platform
            }
            (ManifestBody::Index(_), None) => Platform::default(),
        };
        let rank = self.candidates.iter().position(|candidate| candidate.matches(&platform));
        Ok(Leaf { manifest, platform, rank })
    }
}
