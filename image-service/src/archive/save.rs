//! The archive that `docker save` writes since Docker 25: an OCI layout that is a docker-archive too. Documents first, then blobs by digest.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use serde_json::{Value, json};
use tar::{EntryType, Header};

use super::{docker, legacy, members::BLOCK, oci};
use crate::{
    error::{Error, Result},
    model::{Descriptor, Digest, ManifestBody, MediaType, Reference, Tag},
    ports::{ArchiveWriter, SavedImage, SavedPart},
};

/// Lays out archives.
#[derive(Clone, Copy, Default, Debug)]
pub struct SaveLayout;

impl ArchiveWriter for SaveLayout {
    fn lay_out(&self, images: &[SavedImage]) -> Result<Vec<SavedPart>> {
        let mut tar = Tar::default();
        tar.document("oci-layout", &json!({"imageLayoutVersion": "1.0.0"}))?;
        tar.document(oci::INDEX, &index(images))?;
        tar.document(docker::MANIFEST, &manifest(images)?)?;
        let repositories = repositories(images)?;
        if !repositories.is_empty() {
            tar.document(legacy::REPOSITORIES, &json!(repositories))?;
        }
        for image in images {
            let (config, layers) = parts_of(image)?;
            tar.content(config.digest.clone(), &image.config)?;
            tar.content(image.manifest.digest.clone(), &image.manifest.bytes)?;
            for layer in layers {
                tar.blob(image, layer)?;
            }
        }
        Ok(tar.finish())
    }
}

/// The tar so far.
#[derive(Default)]
struct Tar {
    parts: Vec<SavedPart>,
    blobs: HashSet<Digest>,
}

impl Tar {
    fn document(&mut self, name: &str, document: &Value) -> Result<()> {
        self.bytes(name, document.to_string().into())
    }

    fn content(&mut self, digest: Digest, content: &Bytes) -> Result<()> {
        let name = oci::path(&digest);
        if self.blobs.insert(digest) { self.bytes(&name, content.clone()) } else { Ok(()) }
    }

    fn bytes(&mut self, name: &str, content: Bytes) -> Result<()> {
        let size = content.len() as u64;
        self.member(name, size, SavedPart::Bytes(content))
    }

    fn blob(&mut self, image: &SavedImage, blob: &Descriptor) -> Result<()> {
        if !self.blobs.insert(blob.digest.clone()) {
            return Ok(());
        }
        let part = SavedPart::Blob { repository: image.repository.clone(), blob: blob.clone() };
        self.member(&oci::path(&blob.digest), blob.size, part)
    }

    fn member(&mut self, name: &str, size: u64, content: SavedPart) -> Result<()> {
        self.parts.push(SavedPart::Bytes(header(name, size)?));
        self.parts.push(content);
        // Less than a block is left of the last one.
        let used = usize::try_from(size % BLOCK as u64).unwrap_or_default();
        if used > 0 {
            self.zeros(BLOCK - used);
        }
        Ok(())
    }

    fn zeros(&mut self, count: usize) {
        self.parts.push(SavedPart::Bytes(vec![0; count].into()));
    }

    fn finish(mut self) -> Vec<SavedPart> {
        self.zeros(2 * BLOCK);
        self.parts
    }
}

/// A size of 8 GiB or more is written in GNU's binary form, which every reader knows.
fn header(name: &str, size: u64) -> Result<Bytes> {
    let mut header = Header::new_gnu();
    header.set_path(name).map_err(Error::internal)?;
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    Ok(Bytes::copy_from_slice(header.as_bytes()))
}

fn parts_of(image: &SavedImage) -> Result<(&Descriptor, &[Descriptor])> {
    match &image.manifest.body {
        ManifestBody::Image { config, layers } => Ok((config, layers)),
        ManifestBody::Index(_) => Err(Error::internal("an index was to be saved as an image")),
    }
}

/// One descriptor for each name.
fn index(images: &[SavedImage]) -> Value {
    let mut entries = Vec::new();
    for image in images {
        let manifest = &image.manifest;
        let entry = json!({
            "mediaType": manifest.media_type,
            "digest": manifest.digest.to_string(),
            "size": manifest.bytes.len(),
        });
        if image.names.is_empty() {
            entries.push(entry.clone());
        }
        for (name, tag) in tagged(image) {
            let mut entry = entry.clone();
            entry["annotations"] = json!({
                "io.containerd.image.name": name.to_string(),
                "org.opencontainers.image.ref.name": tag.as_str(),
            });
            entries.push(entry);
        }
    }
    json!({"schemaVersion": 2, "mediaType": MediaType::OciIndex.as_str(), "manifests": entries})
}

/// Null if there are no images, as Docker has it.
fn manifest(images: &[SavedImage]) -> Result<Value> {
    let mut entries = Vec::new();
    for image in images {
        let (config, layers) = parts_of(image)?;
        let names: Vec<_> = tagged(image).map(|(name, _)| name.familiar()).collect();
        entries.push(json!({
            "Config": oci::path(&config.digest),
            "RepoTags": Some(names).filter(|names| !names.is_empty()),
            "Layers": layers.iter().map(|layer| oci::path(&layer.digest)).collect::<Vec<_>>(),
        }));
    }
    Ok(json!(Some(entries).filter(|entries| !entries.is_empty())))
}

/// The uppermost layer by repository and tag, for readers of old.
fn repositories(images: &[SavedImage]) -> Result<BTreeMap<String, BTreeMap<&str, &str>>> {
    let mut repositories: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for image in images {
        let (_, layers) = parts_of(image)?;
        let Some(uppermost) = layers.last() else { continue };
        for (name, tag) in tagged(image) {
            let tags = repositories.entry(name.repository.familiar()).or_default();
            tags.insert(tag.as_str(), uppermost.digest.hex());
        }
    }
    Ok(repositories)
}

fn tagged(image: &SavedImage) -> impl Iterator<Item = (&Reference, &Tag)> {
    image.names.iter().filter_map(|name| Some((name, name.tag.as_ref()?)))
}
