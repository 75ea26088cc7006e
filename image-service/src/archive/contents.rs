//! What is remembered of an archive once it has passed.

use std::collections::HashMap;

use bytes::Bytes;

use super::{Limits, fault, names::within};
use crate::{error::Result, ports::ReadLayer};

/// What a record costs beside its name and content.
const RECORD: u64 = 512;
/// Links that lead to links.
const MAX_HOPS: usize = 32;

/// A member that something else may name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// JSON by its first character.
    Document(Bytes),
    /// A layer that has passed.
    Layer(ReadLayer),
    /// What is wrong with it, in one clause.
    Unusable(String),
    /// Where it leads: a name.
    Link(String),
}

/// The members of an archive by name.
pub(super) struct Contents {
    limits: Limits,
    remembered: u64,
    members: HashMap<String, Found>,
}

impl Contents {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, remembered: 0, members: HashMap::new() }
    }

    pub(super) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Remembers a member.
    pub(super) fn insert(&mut self, name: String, found: Found) -> Result<()> {
        if let Some(before) = self.members.get(&name) {
            return match *before == found {
                true => Ok(()),
                false => Err(fault::invalid(format_args!("{name:?} appears twice with different content"))),
            };
        }
        let content = match &found {
            Found::Document(bytes) => bytes.len(),
            Found::Unusable(text) | Found::Link(text) => text.len(),
            Found::Layer(_) => 0,
        };
        self.remembered += RECORD + (name.len() + content) as u64;
        if self.remembered > self.limits.remembered {
            let limit = self.limits.remembered;
            return Err(fault::invalid(format_args!(
                "its metadata is larger than the limit of {limit} bytes"
            )));
        }
        self.members.insert(name, found);
        Ok(())
    }

    /// Remembers a link, which may lead anywhere within the archive.
    pub(super) fn link(&mut self, name: String, kind: &str, base: &str, target: &str) -> Result<()> {
        let Some(leads) = within(base, target) else {
            return Err(fault::invalid(format_args!(
                "invalid {kind} {name:?} -> {target:?}: it points outside the archive"
            )));
        };
        self.insert(name, Found::Link(leads))
    }

    /// Whether there is anything of this name.
    pub(super) fn has(&self, path: &str) -> Result<bool> {
        self.find(path).map(|found| found.is_some())
    }

    /// The document of this name, if there is one.
    pub(super) fn document(&self, path: &str) -> Result<Option<Bytes>> {
        match self.find(path)? {
            Some(Found::Document(bytes)) => Ok(Some(bytes.clone())),
            Some(Found::Unusable(why)) => Err(fault::invalid(format_args!("{path:?} cannot be used: {why}"))),
            Some(Found::Layer(_)) => Err(fault::invalid(format_args!("{path:?} is not JSON"))),
            Some(Found::Link(_)) | None => Ok(None),
        }
    }

    /// The document that something in the archive names.
    pub(super) fn required_document(&self, what: &str, path: &str) -> Result<Bytes> {
        self.document(path)?.ok_or_else(|| missing(what, path))
    }

    /// The layer that something in the archive names.
    pub(super) fn required_layer(&self, path: &str) -> Result<&ReadLayer> {
        match self.find(path)? {
            Some(Found::Layer(layer)) => Ok(layer),
            Some(Found::Unusable(why)) => {
                Err(fault::invalid(format_args!("layer {path:?} cannot be used: {why}")))
            }
            Some(Found::Document(_)) => Err(fault::invalid(format_args!("layer {path:?} is not a tar"))),
            Some(Found::Link(_)) | None => Err(missing("layer", path)),
        }
    }

    /// Folders at the root that have a document of this name; sorted.
    pub(super) fn folders_with(&self, document: &str) -> Vec<&str> {
        let names = self.members.keys().filter_map(|name| name.strip_suffix(document)?.strip_suffix('/'));
        let mut folders: Vec<_> = names.filter(|folder| !folder.contains('/')).collect();
        folders.sort_unstable();
        folders
    }

    /// Follows links, of files and of the folders on the way.
    fn find(&self, path: &str) -> Result<Option<&Found>> {
        let outside = || fault::invalid(format_args!("the name {path:?} points outside the archive"));
        let mut name = within("", path).ok_or_else(outside)?;
        for _ in 0..MAX_HOPS {
            match self.first_link(&name) {
                Some((target, rest)) => name = format!("{target}{rest}"),
                None => return Ok(self.members.get(&name)),
            }
        }
        Err(fault::invalid(format_args!("{path:?}: too many levels of symbolic links")))
    }

    fn first_link<'a>(&'a self, name: &'a str) -> Option<(&'a str, &'a str)> {
        let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
        ends.filter_map(|end| name.split_at_checked(end)).find_map(|(prefix, rest)| {
            match self.members.get(prefix) {
                Some(Found::Link(target)) => Some((target.as_str(), rest)),
                _ => None,
            }
        })
    }
}

fn missing(what: &str, path: &str) -> crate::error::Error {
    fault::invalid(format_args!(
        "{what} {path:?} is named but not there, or is something else: save the image again"
    ))
}
