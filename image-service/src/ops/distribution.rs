//! What a registry says of a reference now, without recording anything.

use super::Operations;
use crate::{
    error::Result,
    model::{Credential, Descriptor, ManifestBody, MediaType, Namespace, Platform, Reference, Tag, Target},
};

/// A manifest or an index in a registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Distribution {
    /// What the reference points at.
    pub descriptor: Descriptor,
    /// Of an index, those of its entries; of a Docker manifest, its config's; of an OCI manifest, none: that is all dockerd says.
    pub platforms: Vec<Platform>,
}

impl Operations {
    /// Asks the registry of a reference.
    pub async fn distribution(
        &self,
        namespace: &Namespace,
        reference: &str,
        credential: Option<Credential>,
    ) -> Result<Distribution> {
        let reference: Reference = reference.parse()?;
        let target = reference.target().unwrap_or_else(|| Target::Tag(Tag::latest()));
        let repository = &reference.repository;
        let access = self.access(namespace, repository, credential).await?;
        let top = self.ports.registry.manifest(repository, &target, &access).await?;
        let platforms = match &top.body {
            ManifestBody::Index(entries) => {
                entries.iter().filter_map(|(_, platform)| platform.clone()).collect()
            }
            ManifestBody::Image { .. } if top.media_type == MediaType::DockerManifest.as_str() => {
                let exact = Target::Digest(top.digest.clone());
                let wanted = self.default_platform();
                vec![self.ports.registry.resolve(repository, &exact, wanted, &access).await?.platform]
            }
            ManifestBody::Image { .. } => Vec::new(),
        };
        let size = top.bytes.len() as u64;
        let descriptor = Descriptor { media_type: top.media_type, digest: top.digest, size };
        Ok(Distribution { descriptor, platforms })
    }
}
