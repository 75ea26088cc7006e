//! The same image under another media type: Docker's schema 2 and OCI's manifest differ in the names of types alone.

use serde_json::Value;

use super::media_type::{DOCKER_MANIFEST, OCI_MANIFEST};

/// Docker's name of a type, and OCI's.
const TYPES: [(&str, &str); 5] = [
    (DOCKER_MANIFEST, OCI_MANIFEST),
    ("application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json"),
    ("application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.oci.image.layer.v1.tar+gzip"),
    ("application/vnd.docker.image.rootfs.diff.tar", "application/vnd.oci.image.layer.v1.tar"),
    (
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    ),
];

/// A manifest as one of the accepted types, with that type. Nothing if it cannot be that.
pub(crate) fn convert(
    content: &[u8],
    media_type: &str,
    accepted: &[String],
) -> Option<(&'static str, Vec<u8>)> {
    let target =
        counterpart(media_type).filter(|target| accepted.iter().any(|accepted| accepted == target))?;
    let mut document: Value = serde_json::from_slice(content).ok()?;
    document["mediaType"] = target.into();
    rename(document.get_mut("config")?)?;
    for layer in document.get_mut("layers")?.as_array_mut()? {
        rename(layer)?;
    }
    serde_json::to_vec(&document).ok().map(|content| (target, content))
}

fn counterpart(media_type: &str) -> Option<&'static str> {
    TYPES.iter().find_map(|(docker, oci)| match media_type {
        known if known == *docker => Some(*oci),
        known if known == *oci => Some(*docker),
        _ => None,
    })
}

fn rename(descriptor: &mut Value) -> Option<()> {
    let renamed = counterpart(descriptor["mediaType"].as_str()?)?;
    descriptor["mediaType"] = renamed.into();
    Some(())
}
