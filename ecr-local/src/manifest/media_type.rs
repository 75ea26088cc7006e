//! Media types of manifests, and which of them a client takes.

use http::{HeaderMap, header};

pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(crate) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The type alone, without parameters, as names of types are compared.
pub(crate) fn essence(header: &str) -> String {
    header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a client takes a type (`Accept`). One that says nothing takes all.
pub(crate) fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    let mut listed = headers.get_all(header::ACCEPT).iter().peekable();
    listed.peek().is_none()
        || listed
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(essence)
            .any(|entry| entry == media_type || entry == "*/*" || entry == "application/*")
}

/// Whether a layer of this type may lie elsewhere than in the registry.
pub(crate) fn may_be_elsewhere(layer: &str) -> bool {
    layer.starts_with("application/vnd.oci.image.layer.nondistributable.v1.")
        || layer == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        || layer == "application/vnd.docker.image.rootfs.foreign.diff.tar"
}
