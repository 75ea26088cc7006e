//! Recording a pull: the image, its manifests, and the name it was pulled by.
//!
//! A pull by digest gives no tag, whatever tag was written beside the digest. A tag that moves leaves its repo digests with the old image.

use super::{
    Connection,
    change::Change,
    events,
    rows::{ImageRow, ManifestRow, insert_image, insert_manifest},
};
use crate::{
    error::{Error, Result},
    model::{EventAction, ImageConfig, Namespace, Tag},
    ports::{PulledImage, ResolvedImage},
    store::encoding::now_text,
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
    /// As it was asked for.
    reference: String,
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
            manifests: top_and_own(resolved),
            repository: reference.repository.to_string(),
            tag: reference.digest.is_none().then(tag),
            digest: reference.digest.as_ref().unwrap_or(&resolved.top.digest).to_string(),
            target: resolved.top.digest.to_string(),
            platform: pulled.wanted.to_string(),
            reference: reference.to_string(),
        })
    }
}

/// An index and the image's own manifest, or the one that is both.
fn top_and_own(resolved: &ResolvedImage) -> Vec<ManifestRow> {
    let own = (resolved.manifest.digest != resolved.top.digest).then_some(&resolved.manifest);
    [Some(&resolved.top), own].into_iter().flatten().map(ManifestRow::from).collect()
}

impl Change for RecordPull {
    type Answer = bool;

    async fn apply(&self, connection: &mut Connection) -> Result<bool> {
        insert_image(connection, &self.namespace, &self.image).await?;
        for manifest in &self.manifests {
            insert_manifest(connection, &self.namespace, &self.image.id, manifest).await?;
        }
        let named_by_digest = point_digest(connection, self).await?;
        let before = match &self.tag {
            Some(tag) => point_tag(connection, self, tag).await?,
            None => named_by_digest,
        };
        events::note(connection, &self.namespace, EventAction::Pull, &self.image.id, &self.reference).await?;
        Ok(before.as_ref() != Some(&self.image.id))
    }
}

/// The image that the repo digest named before.
async fn point_digest(connection: &mut Connection, pull: &RecordPull) -> sqlx::Result<Option<String>> {
    let select = "SELECT image_id FROM repo_digests WHERE namespace = $1 AND repository = $2 AND digest = $3";
    let query = sqlx::query_scalar(select).bind(&pull.namespace).bind(&pull.repository).bind(&pull.digest);
    let before = query.fetch_optional(&mut *connection).await?;

    let upsert = "INSERT INTO repo_digests (namespace, repository, digest, image_id, platform) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (namespace, repository, digest) DO UPDATE SET \
         image_id = excluded.image_id, platform = excluded.platform, origin = excluded.origin";
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
