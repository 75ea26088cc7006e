//! Images as a registry would have given them.

use bytes::Bytes;
use image_service::{
    error::Result,
    model::{Descriptor, Digest, Image, ImageName, Manifest, ManifestBody, Namespace, Platform, Reference},
    ports::{AnsweredBy, ImageStore, PulledImage, ResolvedImage},
};
use serde_json::{Value, json};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// An image in a registry; another name makes another image.
#[derive(Clone)]
pub(super) struct Upstream {
    config: Value,
    layers: Vec<u64>,
    index: Option<&'static str>,
}

pub(super) fn upstream(name: &str) -> Upstream {
    let config = json!({
        "os": "linux",
        "architecture": "amd64",
        "created": "2024-05-01T10:00:00.123456789Z",
        "config": {"Labels": {"name": name}},
        "rootfs": {"type": "layers", "diff_ids": []},
    });
    Upstream { config, layers: vec![1000, 24], index: None }
}

impl Upstream {
    pub(super) fn created(mut self, created: Option<&str>) -> Self {
        self.config["created"] = created.into();
        self
    }

    pub(super) fn architecture(mut self, architecture: &str) -> Self {
        self.config["architecture"] = architecture.into();
        self
    }

    pub(super) fn operating_system(mut self, os: &str) -> Self {
        self.config["os"] = os.into();
        self
    }

    pub(super) fn labelled(mut self, labels: Value) -> Self {
        self.config["config"]["Labels"] = labels;
        self
    }

    pub(super) fn layers(self, layers: &[u64]) -> Self {
        Self { layers: layers.to_vec(), ..self }
    }

    /// Behind an index that goes by this name.
    pub(super) fn in_index(self, name: &'static str) -> Self {
        Self { index: Some(name), ..self }
    }

    pub(super) fn config(&self) -> Bytes {
        self.config.to_string().into()
    }

    pub(super) fn id(&self) -> Digest {
        Digest::of(&self.config())
    }

    /// Of the manifest, or of the index before it.
    pub(super) fn top(&self) -> Digest {
        self.resolved().top.digest
    }

    pub(super) fn resolved(&self) -> ResolvedImage {
        let layers = self.layers.iter().enumerate().map(|(number, size)| {
            let digest = Digest::of(number.to_string().as_bytes());
            Descriptor { media_type: LAYER.into(), digest, size: *size }
        });
        let layers: Vec<_> = layers.collect();
        let config =
            Descriptor { media_type: String::new(), digest: self.id(), size: self.config().len() as u64 };
        let described_layers: Vec<_> =
            layers.iter().map(|layer| described(LAYER, &layer.digest, layer.size)).collect();
        let described_config = described(CONFIG, &self.id(), config.size);
        let body =
            json!({"schemaVersion": 2, "config": described_config, "layers": described_layers}).to_string();
        let body_says = ManifestBody::Image { config, layers: layers.clone() };
        let manifest = manifest(MANIFEST, body, body_says);
        let index = self.index.map(manifest_list);
        ResolvedImage {
            top: index.unwrap_or_else(|| manifest.clone()),
            manifest,
            config_digest: self.id(),
            config: self.config(),
            layers,
            platform: amd64(),
            answered_by: AnsweredBy::Registry,
        }
    }
}

fn described(media_type: &str, digest: &Digest, size: u64) -> Value {
    json!({"mediaType": media_type, "digest": digest.to_string(), "size": size})
}

fn manifest_list(name: &str) -> Manifest {
    let body = json!({"schemaVersion": 2, "manifests": [], "annotations": {"name": name}});
    manifest(INDEX, body.to_string(), ManifestBody::Index(vec![]))
}

fn manifest(media_type: &str, bytes: String, body: ManifestBody) -> Manifest {
    let bytes = Bytes::from(bytes);
    Manifest { digest: Digest::of(&bytes), media_type: media_type.into(), bytes, body }
}

pub(super) fn amd64() -> Platform {
    "linux/amd64".parse().unwrap()
}

pub(super) fn name(text: &str) -> ImageName {
    ImageName::parse(text).unwrap()
}

/// Records a pull of `reference` for linux/amd64.
pub(super) async fn pull_into(
    images: &dyn ImageStore,
    namespace: &Namespace,
    reference: &str,
    upstream: &Upstream,
) -> Result<bool> {
    let reference: Reference = reference.parse().unwrap();
    let (wanted, resolved) = (amd64(), upstream.resolved());
    let pulled = PulledImage { reference: &reference, wanted: &wanted, resolved: &resolved };
    images.record_pull(namespace, pulled).await
}

pub(super) async fn pull(images: &dyn ImageStore, reference: &str, upstream: &Upstream) -> bool {
    pull_into(images, &super::here(), reference, upstream).await.unwrap()
}

/// The image of a name, or the text of the error.
pub(super) async fn look(images: &dyn ImageStore, text: &str) -> Result<Image, String> {
    let found = images.find(&super::here(), &name(text)).await;
    found.map(|found| (*found.image).clone()).map_err(|error| error.to_string())
}

/// What Docker would show as RepoTags and RepoDigests.
pub(super) fn names(image: &Image) -> Vec<String> {
    image.references().iter().map(Reference::familiar).collect()
}
