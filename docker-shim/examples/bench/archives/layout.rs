//! An image in an OCI layout, of blobs that no client changes on the way.

use std::{fs, io::Read, path::Path};

use fixtures::peers::digest;
use serde_json::{Value, json};

use super::large::Noise;

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Writes a layout with `count` layers of `size` bytes, different for each `seed`.
pub(crate) fn write(folder: &Path, count: u64, size: u64, seed: u64) {
    fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
    let layers: Vec<_> =
        (0..count).map(|number| (seed << 32) + number + 1).map(|seed| layer(folder, size, seed)).collect();
    let diff_ids: Vec<_> = layers.iter().map(|layer| layer["digest"].clone()).collect();
    let config = json!({ "architecture": "amd64", "os": "linux", "rootfs": { "type": "layers", "diff_ids": diff_ids } });
    let config = blob(folder, CONFIG, config.to_string().as_bytes());
    let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers });
    let manifest = blob(folder, MANIFEST, manifest.to_string().as_bytes());
    let index = json!({ "schemaVersion": 2, "manifests": [manifest] });
    fs::write(folder.join("index.json"), index.to_string()).unwrap();
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
}

fn layer(folder: &Path, size: u64, seed: u64) -> Value {
    let mut content = Vec::new();
    Noise(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)).take(size).read_to_end(&mut content).unwrap();
    blob(folder, LAYER, &content)
}

fn blob(folder: &Path, media_type: &str, content: &[u8]) -> Value {
    let digest = digest(content);
    fs::write(folder.join("blobs").join(digest.replace(':', "/")), content).unwrap();
    json!({ "mediaType": media_type, "digest": digest, "size": content.len() })
}
