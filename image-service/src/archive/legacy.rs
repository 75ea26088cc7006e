//! Archives of Docker before 1.10: a folder for each layer with its `json`, and `repositories`. Their images had no config; it is made of
//! these files, byte for byte as dockerd makes it, so that the image's ID is the same.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;
use serde::Deserialize;

use super::{
    assemble::{self, Images, LAYERS, undecodable},
    contents::Contents,
    fault, legacy_config,
};
use crate::{
    error::{Error, Result},
    model::{Digest, Reference},
    ports::{ArchivedImage, ReadLayer},
};

pub(super) const REPOSITORIES: &str = "repositories";
const CONFIG: &str = "json";
/// Of one such file; to read it takes many times its size.
const MAX_FILE: usize = 1 << 20;

#[derive(Deserialize)]
struct Link {
    parent: Option<String>,
}

/// Images by the ID of their uppermost layer: those that have names, and those that no other is made of.
pub(super) fn images(contents: &Contents, repositories: &Bytes) -> Result<Vec<ArchivedImage>> {
    let mut names = names(repositories)?;
    let chains = Chains::read(contents)?;
    let mut images = Images::default();
    // What a layer says is part of every image that has it.
    let mut made = 0;
    for id in chains.parents.keys() {
        let names = names.remove(*id).unwrap_or_default();
        if !names.is_empty() || chains.is_uppermost(id) {
            let mut image = image(contents, &chains.to(id)?)?;
            image.names = names;
            made += image.config.len() as u64;
            if made > contents.limits().remembered {
                return Err(fault::invalid("the configs that its images come to are too large"));
            }
            images.add(image)?;
        }
    }
    match names.keys().next() {
        Some(id) => Err(fault::refused(&format!("invalid target ID: {id}"))),
        None => Ok(images.finish()),
    }
}

/// Which layer lies on which.
struct Chains<'a> {
    parents: BTreeMap<&'a str, Option<String>>,
    below: HashSet<String>,
}

impl<'a> Chains<'a> {
    fn read(contents: &'a Contents) -> Result<Self> {
        let mut parents = BTreeMap::new();
        for id in contents.folders_with(CONFIG) {
            let config = configuration(contents, id)?;
            let link: Link = serde_json::from_slice(&config).map_err(undecodable(CONFIG))?;
            parents.insert(id, link.parent.filter(|parent| !parent.is_empty()));
        }
        let below = parents.values().flatten().cloned().collect();
        Ok(Self { parents, below })
    }

    fn is_uppermost(&self, id: &str) -> bool {
        !self.below.contains(id)
    }

    /// The layers up to this one, lowest first.
    fn to<'b>(&'b self, id: &'b str) -> Result<Vec<&'b str>> {
        let mut chain = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            if chain.len() == LAYERS {
                return Err(fault::invalid(format_args!(
                    "an image has a loop of parents, or more than the limit of {LAYERS} layers"
                )));
            }
            chain.push(id);
            let parent = self.parents.get(id);
            next = parent
                .ok_or_else(|| {
                    fault::invalid(format_args!("layer {id:?} is named as a parent but not there"))
                })?
                .as_deref();
        }
        chain.reverse();
        Ok(chain)
    }
}

fn image(contents: &Contents, chain: &[&str]) -> Result<ArchivedImage> {
    let mut layers: Vec<&ReadLayer> = Vec::new();
    let (mut steps, mut told) = (Vec::new(), 0);
    let mut uppermost = Bytes::new();
    for id in chain {
        layers.push(contents.required_layer(&format!("{id}/layer.tar"))?);
        uppermost = configuration(contents, id)?;
        let step = legacy_config::step(&uppermost).map_err(|why| unusable(id, why))?;
        told += step.len() as u64;
        if told > contents.limits().document {
            return Err(unusable(id, "with it the image's history is too large"));
        }
        steps.push(step);
    }
    let diff_ids: Vec<Digest> = layers.iter().map(|layer| layer.diff_id.clone()).collect();
    let config = legacy_config::config(&uppermost, &diff_ids, &steps);
    let config = config.map_err(|why| unusable(chain.last().unwrap_or(&""), why))?;
    assemble::image(config.into(), &layers, |layer| Ok(Some(*layer)))
}

fn configuration(contents: &Contents, id: &str) -> Result<Bytes> {
    let path = format!("{id}/{CONFIG}");
    let bytes = contents.required_document("layer configuration", &path)?;
    small(&path, &bytes).map(|()| bytes)
}

fn small(path: &str, bytes: &[u8]) -> Result<()> {
    if bytes.len() <= MAX_FILE {
        return Ok(());
    }
    Err(fault::invalid(format_args!(
        "{path:?} cannot be used: it is larger than the limit of {MAX_FILE} bytes"
    )))
}

fn unusable(id: &str, why: impl std::fmt::Display) -> Error {
    fault::invalid(format_args!("the configuration of layer {id:?} cannot be used: {why}"))
}

/// Names by the ID that they point at.
fn names(repositories: &[u8]) -> Result<HashMap<String, Vec<Reference>>> {
    small(REPOSITORIES, repositories)?;
    let wire: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_slice(repositories).map_err(undecodable(REPOSITORIES))?;
    let mut names: HashMap<_, Vec<_>> = HashMap::new();
    for (repository, tags) in wire {
        for (tag, id) in tags {
            names.entry(id).or_default().push(assemble::name(&format!("{repository}:{tag}"))?);
        }
    }
    Ok(names)
}
