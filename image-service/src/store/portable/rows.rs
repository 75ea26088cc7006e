//! The rows of an image and of its manifests, as pulls and loads write them.

use bytes::Bytes;

use super::Connection;
use crate::{
    error::Result,
    model::{Digest, ImageConfig, Manifest},
    store::encoding::{json_text, time_text},
};

/// An image without its names.
pub(super) struct ImageRow {
    pub(super) id: String,
    pub(super) size: i64,
    pub(super) created: String,
    pub(super) config: ImageConfig,
    pub(super) labels: String,
    pub(super) layer_sizes: String,
    content: Bytes,
}

/// A manifest or an index.
pub(super) struct ManifestRow {
    pub(super) digest: String,
    media_type: String,
    content: Bytes,
}

impl ImageRow {
    pub(super) fn new(id: &Digest, config: ImageConfig, layer_sizes: &[u64], content: Bytes) -> Result<Self> {
        let size = layer_sizes.iter().fold(0_u64, |sum, size| sum.saturating_add(*size));
        Ok(Self {
            id: id.to_string(),
            size: i64::try_from(size).unwrap_or(i64::MAX),
            created: config.created.and_then(time_text).unwrap_or_default(),
            labels: json_text(&config.labels)?,
            config,
            layer_sizes: json_text(&layer_sizes)?,
            content,
        })
    }
}

impl From<&Manifest> for ManifestRow {
    fn from(manifest: &Manifest) -> Self {
        Self {
            digest: manifest.digest.to_string(),
            media_type: manifest.media_type.clone(),
            content: manifest.bytes.clone(),
        }
    }
}

/// What follows from the config never changes; what the manifest says of the layers may, if they were compressed anew.
pub(super) async fn insert_image(
    connection: &mut Connection,
    namespace: &str,
    image: &ImageRow,
) -> sqlx::Result<()> {
    let insert = "INSERT INTO images \
         (namespace, id, size, created, os, architecture, variant, labels) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (namespace, id) DO UPDATE SET size = excluded.size";
    let platform = &image.config.platform;
    let query = sqlx::query(insert).bind(namespace).bind(&image.id).bind(image.size).bind(&image.created);
    let query = query.bind(platform.os()).bind(platform.architecture()).bind(platform.variant());
    query.bind(&image.labels).execute(&mut *connection).await?;

    let insert = "INSERT INTO image_configs (namespace, id, content, layer_sizes) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (namespace, id) DO UPDATE SET layer_sizes = excluded.layer_sizes";
    let query = sqlx::query(insert).bind(namespace).bind(&image.id).bind(&image.content[..]);
    query.bind(&image.layer_sizes).execute(connection).await.map(drop)
}

/// The manifest, and that the image has it.
pub(super) async fn insert_manifest(
    connection: &mut Connection,
    namespace: &str,
    image: &str,
    manifest: &ManifestRow,
) -> sqlx::Result<()> {
    let insert = "INSERT INTO manifests (namespace, digest, media_type, content) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (namespace, digest) DO NOTHING";
    let query = sqlx::query(insert).bind(namespace).bind(&manifest.digest).bind(&manifest.media_type);
    query.bind(&manifest.content[..]).execute(&mut *connection).await?;

    let link = "INSERT INTO image_manifests (namespace, image_id, digest) VALUES ($1, $2, $3) \
         ON CONFLICT (namespace, image_id, digest) DO NOTHING";
    let query = sqlx::query(link).bind(namespace).bind(image).bind(&manifest.digest);
    query.execute(connection).await.map(drop)
}
