//! Recording a pull: the image, its manifests, and the name it was pulled by.
//!
//! A pull by digest gives no tag, whatever tag was written beside the digest. A tag that moves leaves its repo digests with the old image.

use bytes::Bytes;

use super::{Connection, change::Change};
use crate::{
    error::{Error, Result},
    model::{Digest, ImageConfig, Manifest, Namespace, Tag},
    ports::PulledImage,
    store::encoding::{json_text, now_text, time_text},
};

/// A pull as rows.
pub(super) struct RecordPull {
    namespace: String,
    image: ImageRow,
    manifests: Vec<ManifestRow>,
    repository: String,
    /// Nothing for a pull by digest.
    tag: Option<String>,
    digest: String,
    /// What the tag or digest points at.
    target: String,
    platform: String,
}

struct ImageRow {
    id: String,
    size: i64,
    created: String,
    config: ImageConfig,
    labels: String,
    layer_sizes: String,
    content: Bytes,
}

struct ManifestRow {
    digest: String,
    media_type: String,
    content: Bytes,
}

impl RecordPull {
    pub(super) fn new(namespace: &Namespace, pulled: &PulledImage<'_>) -> Result<Self> {
        let (reference, resolved) = (pulled.reference, pulled.resolved);
        let config = ImageConfig::parse(&resolved.config)
            .map_err(|why| Error::ManifestInvalid { reference: reference.familiar(), why })?;
        let layer_sizes: Vec<u64> = resolved.layers.iter().map(|layer| layer.size).collect();
        let tag = || reference.tag.clone().unwrap_or_else(Tag::latest).to_string();
        Ok(Self {
            namespace: namespace.to_string(),
            image: ImageRow::new(&resolved.config_digest, config, &layer_sizes, resolved.config.clone())?,
            manifests: rows_of(&resolved.top, &resolved.manifest),
            repository: reference.repository.to_string(),
            tag: reference.digest.is_none().then(tag),
            digest: reference.digest.as_ref().unwrap_or(&resolved.top.digest).to_string(),
            target: resolved.top.digest.to_string(),
            platform: pulled.wanted.to_string(),
        })
    }
}

impl ImageRow {
    fn new(id: &Digest, config: ImageConfig, layer_sizes: &[u64], content: Bytes) -> Result<Self> {
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

/// An index and the image's own manifest, or the one that is both.
fn rows_of(top: &Manifest, own: &Manifest) -> Vec<ManifestRow> {
    let own = (own.digest != top.digest).then_some(own);
    let rows = [Some(top), own].into_iter().flatten().map(|manifest| ManifestRow {
        digest: manifest.digest.to_string(),
        media_type: manifest.media_type.clone(),
        content: manifest.bytes.clone(),
    });
    rows.collect()
}

impl Change for RecordPull {
    type Answer = bool;

    async fn apply(self, connection: &mut Connection) -> Result<bool> {
        insert_image(connection, &self.namespace, &self.image).await?;
        for manifest in &self.manifests {
            insert_manifest(connection, &self.namespace, &self.image.id, manifest).await?;
        }
        let named_by_digest = point_digest(connection, &self).await?;
        let before = match &self.tag {
            Some(tag) => point_tag(connection, &self, tag).await?,
            None => named_by_digest,
        };
        Ok(before.as_ref() != Some(&self.image.id))
    }
}

/// What follows from the config never changes; what the manifest says of the layers may, if they were compressed anew.
async fn insert_image(connection: &mut Connection, namespace: &str, image: &ImageRow) -> sqlx::Result<()> {
    let insert = "INSERT INTO images \
         (namespace, id, size, created, os, architecture, variant, labels, layer_sizes) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (namespace, id) DO UPDATE SET size = excluded.size, layer_sizes = excluded.layer_sizes";
    let platform = &image.config.platform;
    let query = sqlx::query(insert).bind(namespace).bind(&image.id).bind(image.size).bind(&image.created);
    let query = query.bind(platform.os()).bind(platform.architecture()).bind(platform.variant());
    query.bind(&image.labels).bind(&image.layer_sizes).execute(&mut *connection).await?;

    let insert = "INSERT INTO image_configs (namespace, id, content) VALUES ($1, $2, $3) \
         ON CONFLICT (namespace, id) DO NOTHING";
    let query = sqlx::query(insert).bind(namespace).bind(&image.id).bind(&image.content[..]);
    query.execute(connection).await.map(drop)
}

async fn insert_manifest(
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

/// The image that the repo digest named before.
async fn point_digest(connection: &mut Connection, pull: &RecordPull) -> sqlx::Result<Option<String>> {
    let select = "SELECT image_id FROM repo_digests WHERE namespace = $1 AND repository = $2 AND digest = $3";
    let query = sqlx::query_scalar(select).bind(&pull.namespace).bind(&pull.repository).bind(&pull.digest);
    let before = query.fetch_optional(&mut *connection).await?;

    let upsert = "INSERT INTO repo_digests (namespace, repository, digest, image_id, platform) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (namespace, repository, digest) \
         DO UPDATE SET image_id = excluded.image_id, platform = excluded.platform";
    let query = sqlx::query(upsert).bind(&pull.namespace).bind(&pull.repository).bind(&pull.digest);
    query.bind(&pull.image.id).bind(&pull.platform).execute(connection).await?;
    Ok(before)
}

/// The image that the tag named before.
async fn point_tag(
    connection: &mut Connection,
    pull: &RecordPull,
    tag: &str,
) -> sqlx::Result<Option<String>> {
    let select = "SELECT image_id FROM tags WHERE namespace = $1 AND repository = $2 AND tag = $3";
    let query = sqlx::query_scalar(select).bind(&pull.namespace).bind(&pull.repository).bind(tag);
    let before = query.fetch_optional(&mut *connection).await?;

    let upsert = "INSERT INTO tags (namespace, repository, tag, image_id, target, platform, updated) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (namespace, repository, tag) DO UPDATE SET \
         image_id = excluded.image_id, target = excluded.target, platform = excluded.platform, \
         updated = excluded.updated";
    let query = sqlx::query(upsert).bind(&pull.namespace).bind(&pull.repository).bind(tag);
    let query = query.bind(&pull.image.id).bind(&pull.target).bind(&pull.platform).bind(now_text());
    query.execute(connection).await?;
    Ok(before)
}
