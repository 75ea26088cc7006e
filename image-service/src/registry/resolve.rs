//! From a tag or a digest to one image: its manifest for the wanted platform, and its config.

use std::collections::{BTreeSet, HashSet};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::{ask, error_body::shown, manifest::View};
use crate::{
    error::{Error, Result},
    model::{Descriptor, Digest, ImageConfig, Manifest, ManifestBody, MediaType, Platform, Target},
    ports::ResolvedImage,
};

/// Indexes within indexes.
const MAX_DEPTH: u32 = 4;
/// Manifests opened for one image.
const MAX_OPENED: u32 = 8;
/// Platforms told to who asked for another.
const MAX_SHOWN: usize = 32;
const MAX_SHOWN_LENGTH: usize = 64;

/// An index being searched for one platform.
struct Search<'a> {
    view: View<'a>,
    reference: String,
    wanted: &'a Platform,
    candidates: Vec<Platform>,
    /// Never opened twice.
    visited: HashSet<Digest>,
    opened: u32,
}

/// An image of an index, and how good a match it is: 0 is best.
struct Found {
    rank: usize,
    manifest: Manifest,
    /// If it had to be read to know the platform.
    config: Option<Bytes>,
}

/// What an entry led to.
enum Opened {
    Image(Manifest),
    Nested(Found),
}

/// Fetches everything about one image.
pub(super) async fn resolve(
    view: View<'_>,
    target: &Target,
    wanted: &Platform,
    other_architectures: bool,
) -> Result<ResolvedImage> {
    let reference = ask::reference(view.repository, target);
    let (top, answered_by) = view.manifest(target).await?;
    let (manifest, config) = match &top.body {
        ManifestBody::Image { .. } => (top.clone(), None),
        ManifestBody::Index(entries) => {
            let search = Search::new(view, &reference, wanted, other_architectures)?;
            let Found { manifest, config, .. } = search.run(entries).await?;
            (manifest, config)
        }
    };
    let ManifestBody::Image { config: descriptor, layers } = &manifest.body else {
        return Err(Error::internal("an index was chosen as an image"));
    };
    let (config_digest, layers) = (descriptor.digest.clone(), layers.clone());
    let config = match config {
        Some(config) => config,
        None => view.config(&manifest, descriptor).await?,
    };
    let platform = platform_of(&reference, &config)?;
    if top != manifest && !wanted.candidates(other_architectures).iter().any(|fit| fit.matches(&platform)) {
        tracing::warn!(image = reference, %wanted, actual = %platform, "index and config of {reference} name different platforms");
    }
    Ok(ResolvedImage { top, manifest, config_digest, config, layers, platform, answered_by })
}

fn platform_of(reference: &str, config: &Bytes) -> Result<Platform> {
    let invalid = |why| Error::ManifestInvalid {
        reference: reference.to_owned(),
        why: format!("its config cannot be used: {why}"),
    };
    Ok(ImageConfig::parse(config).map_err(invalid)?.platform)
}

impl<'a> Search<'a> {
    fn new(view: View<'a>, reference: &str, wanted: &'a Platform, other_architectures: bool) -> Result<Self> {
        let candidates = wanted.candidates(other_architectures);
        if candidates.is_empty() {
            return Err(Error::Argument(format!(
                "{wanted} is not a known variant of {}",
                wanted.architecture()
            )));
        }
        let (reference, visited) = (reference.to_owned(), HashSet::new());
        Ok(Self { view, reference, wanted, candidates, visited, opened: 0 })
    }

    async fn run(mut self, entries: &[(Descriptor, Option<Platform>)]) -> Result<Found> {
        match self.search(entries, 1).await? {
            Some(found) => Ok(found),
            None => Err(Error::PlatformUnavailable {
                reference: self.reference,
                wanted: self.wanted.to_string(),
                available: available(entries),
            }),
        }
    }

    /// Entries that name a fitting platform come first, best first and then in document order; then those that name none.
    fn search<'b>(
        &'b mut self,
        entries: &'b [(Descriptor, Option<Platform>)],
        depth: u32,
    ) -> BoxFuture<'b, Result<Option<Found>>> {
        Box::pin(async move {
            for (rank, descriptor) in self.ranked(entries) {
                match self.open(descriptor, depth).await? {
                    Some(Opened::Image(manifest)) => {
                        return Ok(Some(Found { rank, manifest, config: None }));
                    }
                    Some(Opened::Nested(found)) => return Ok(Some(found)),
                    None => {}
                }
            }
            self.search_unnamed(entries, depth).await
        })
    }

    async fn search_unnamed(
        &mut self,
        entries: &[(Descriptor, Option<Platform>)],
        depth: u32,
    ) -> Result<Option<Found>> {
        let mut best: Option<Found> = None;
        for (descriptor, _) in entries
            .iter()
            .filter(|(descriptor, platform)| platform.is_none() && may_lead_to_image(descriptor))
        {
            let found = match self.open(descriptor, depth).await {
                Ok(Some(Opened::Image(manifest))) => self.judge(manifest).await?,
                Ok(Some(Opened::Nested(found))) => Some(found),
                // Who names no platform may well be no image, and is then no obstacle either.
                Ok(None) | Err(Error::NotAnImage { .. } | Error::Schema1 { .. }) => None,
                Err(why) => return Err(why),
            };
            best = [best, found].into_iter().flatten().min_by_key(|found| found.rank);
            if best.as_ref().is_some_and(|best| best.rank == 0) {
                break;
            }
        }
        Ok(best)
    }

    /// Opens an entry; nothing if it has been opened before or leads to nothing that fits.
    async fn open(&mut self, descriptor: &Descriptor, depth: u32) -> Result<Option<Opened>> {
        if !self.visited.insert(descriptor.digest.clone()) {
            return Ok(None);
        }
        self.opened += 1;
        if self.opened > MAX_OPENED || depth > MAX_DEPTH {
            return Err(Error::ManifestInvalid {
                reference: self.reference.clone(),
                why: "its index leads too far before it comes to an image".to_owned(),
            });
        }
        let manifest = self.view.child(descriptor).await?;
        match &manifest.body {
            ManifestBody::Index(entries) => Ok(self.search(entries, depth + 1).await?.map(Opened::Nested)),
            ManifestBody::Image { .. } => Ok(Some(Opened::Image(manifest))),
        }
    }

    /// Reads an image's platform from its config.
    async fn judge(&self, manifest: Manifest) -> Result<Option<Found>> {
        let ManifestBody::Image { config, .. } = &manifest.body else { return Ok(None) };
        let config = self.view.config(&manifest, config).await?;
        let rank = self.rank(&platform_of(&self.reference, &config)?);
        Ok(rank.map(|rank| Found { rank, manifest, config: Some(config) }))
    }

    fn rank(&self, offered: &Platform) -> Option<usize> {
        self.candidates.iter().position(|candidate| candidate.matches(offered))
    }

    fn ranked<'b>(&self, entries: &'b [(Descriptor, Option<Platform>)]) -> Vec<(usize, &'b Descriptor)> {
        let fitting = entries.iter().filter(|(descriptor, _)| may_lead_to_image(descriptor));
        let mut ranked: Vec<_> = fitting
            .filter_map(|(descriptor, platform)| Some((self.rank(platform.as_ref()?)?, descriptor)))
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked
    }
}

/// An entry without a type is opened to know.
fn may_lead_to_image(descriptor: &Descriptor) -> bool {
    descriptor.media_type.is_empty() || MediaType::read(&descriptor.media_type).is_some()
}

/// What an index offers, as far as that helps someone who reads it.
fn available(entries: &[(Descriptor, Option<Platform>)]) -> Vec<String> {
    let mut all = BTreeSet::new();
    for platform in entries.iter().filter_map(|(_, platform)| platform.as_ref()) {
        if all.len() == MAX_SHOWN {
            break;
        }
        all.insert(shown(&platform.to_string(), MAX_SHOWN_LENGTH));
    }
    all.into_iter().collect()
}
