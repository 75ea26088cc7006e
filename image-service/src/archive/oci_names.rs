//! What the entries of an `index.json` are called.

use std::collections::HashMap;

use bytes::Bytes;
use serde::Deserialize;

use super::{
    assemble::{IMAGES, name, undecodable},
    fault, oci,
};
use crate::{
    error::Result,
    model::{Bounded, Descriptor, Digest, Manifest, ManifestBody, ManifestFault, Platform, Reference},
};

/// As registries have it; to read one takes several times its size.
const MAX_MANIFEST: usize = 4 << 20;

/// An entry of an index.
pub(super) type Entry = (Descriptor, Option<Platform>);

/// Entries of the same names, or without one.
pub(super) struct Group {
    pub(super) names: Vec<Reference>,
    pub(super) entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Wire {
    manifests: Option<Bounded<WireEntry, IMAGES>>,
}

#[derive(Deserialize)]
struct WireEntry {
    digest: String,
    annotations: Option<Annotations>,
}

#[derive(Deserialize)]
struct Annotations {
    /// The whole name, as containerd and Docker write it.
    #[serde(rename = "io.containerd.image.name")]
    name: Option<String>,
    /// A tag; or a name, as skopeo and buildah write it if they are given one.
    #[serde(rename = "org.opencontainers.image.ref.name")]
    ref_name: Option<String>,
}

/// The entries of `index.json` in its order, without attestations; each content once, with all of its names.
pub(super) fn groups(index: &Bytes) -> Result<Vec<Group>> {
    let mut names = names(index)?;
    let manifest = parse(Digest::of(index), None, index.clone());
    let ManifestBody::Index(entries) =
        manifest.map_err(|why| fault::invalid(format_args!("{}: {}", oci::INDEX, explained(why))))?.body
    else {
        return Err(fault::invalid(format_args!("{} is not an index", oci::INDEX)));
    };
    let mut groups: Vec<Group> = Vec::new();
    for entry in entries {
        // Nothing if the same content has come before.
        let Some(names) = names.remove(&entry.0.digest) else { continue };
        match groups.iter_mut().find(|group| group.names == names) {
            Some(group) => group.entries.push(entry),
            None => groups.push(Group { names, entries: vec![entry] }),
        }
    }
    Ok(groups)
}

/// A manifest or an index whose digest has been verified.
pub(super) fn parse(
    digest: Digest,
    media_type: Option<&str>,
    bytes: Bytes,
) -> Result<Manifest, ManifestFault> {
    if bytes.len() > MAX_MANIFEST {
        let why = format!("it is larger than the limit of {MAX_MANIFEST} bytes");
        return Err(ManifestFault::Invalid(why));
    }
    Manifest::parse(digest, media_type, bytes)
}

/// What a manifest's fault is, in one clause.
pub(super) fn explained(fault: ManifestFault) -> String {
    match fault {
        ManifestFault::Schema1 => "a manifest of schema 1 is no longer supported".to_owned(),
        ManifestFault::NotAnImage(media_type) => format!("it is of media type {media_type}"),
        ManifestFault::Invalid(why) => why,
    }
}

fn names(index: &[u8]) -> Result<HashMap<Digest, Vec<Reference>>> {
    let wire: Wire = serde_json::from_slice(index).map_err(undecodable(oci::INDEX))?;
    let mut names: HashMap<_, Vec<_>> = HashMap::new();
    for entry in wire.manifests.map(|Bounded(entries)| entries).unwrap_or_default() {
        let digest: Digest = entry.digest.parse().map_err(|why| {
            fault::invalid(format_args!("{}: a descriptor's digest is wrong: {why}", oci::INDEX))
        })?;
        let all = names.entry(digest).or_default();
        if let Some(new) = entry.annotations.map(named).transpose()?.flatten()
            && !all.contains(&new)
        {
            all.push(new);
        }
    }
    Ok(names)
}

/// A reference name counts if it can be nothing but a name.
fn named(annotations: Annotations) -> Result<Option<Reference>> {
    if let Some(whole) = annotations.name.filter(|name| !name.is_empty()) {
        return name(&whole).map(Some);
    }
    let whole = annotations.ref_name.filter(|name| name.contains(':')).and_then(|text| name(&text).ok());
    Ok(whole)
}
