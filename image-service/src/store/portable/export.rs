//! All rows as records, table by table in the order of their keys, one row at a time.

use futures_util::TryStreamExt;
use sqlx::FromRow;

use super::{Connection, Row};
use crate::store::{
    UpkeepError,
    encoding::read_json,
    transfer::{
        Base64, Content, CredentialRecord, EventRecord, ImageManifestRecord, ImageRecord, ManifestNoteRecord,
        ManifestRecord, Record, RepoDigestRecord, SealingKeyRecord, StagedImageRecord, StagedLayerRecord,
        TagRecord, VectorRecord,
    },
};

type Result<T> = std::result::Result<T, UpkeepError>;

/// Who takes the records.
pub(super) type Sink<'a> = dyn FnMut(&Record) -> Result<()> + 'a;

/// A config that is missing is an error, as its column is then NULL.
const IMAGES: &str = "SELECT i.namespace, i.id, c.content, c.layer_sizes, c.last_tagged FROM images i \
     LEFT JOIN image_configs c ON c.namespace = i.namespace AND c.id = i.id ORDER BY i.namespace, i.id";
const MANIFESTS: &str =
    "SELECT namespace, digest, media_type, content FROM manifests ORDER BY namespace, digest";
const IMAGE_MANIFESTS: &str =
    "SELECT namespace, image_id, digest FROM image_manifests ORDER BY namespace, image_id, digest";
const TAGS: &str = "SELECT namespace, repository, tag, image_id, target, platform, updated FROM tags \
     ORDER BY namespace, repository, tag";
const REPO_DIGESTS: &str = "SELECT namespace, repository, digest, image_id, platform, origin FROM repo_digests \
     ORDER BY namespace, repository, digest";
const STAGED_IMAGES: &str = "SELECT namespace, image_id, repository, digest, updated FROM staged_images \
     ORDER BY namespace, image_id, repository";
const STAGED_LAYERS: &str = "SELECT repository, diff_id, uncompressed_size, head, digest, media_type, size, \
     made_here, updated FROM staged_layers ORDER BY repository, diff_id";
const MANIFEST_NOTES: &str =
    "SELECT repository, digest, noted FROM manifest_notes ORDER BY repository, digest";
const SEALING_KEYS: &str = "SELECT id, wrapped, in_force, made FROM sealing_keys ORDER BY id";
const CREDENTIALS: &str = "SELECT namespace, registry, username, kind, sealed, updated FROM credentials \
     ORDER BY namespace, registry";
const VECTORS: &str = "SELECT namespace, image_id, revision, indexed, embedder, dimensions, vector, layers \
     FROM image_vectors ORDER BY namespace, image_id";

const EVENTS: &str =
    "SELECT sequence, namespace, time, action, image_id, name, attributes FROM events ORDER BY sequence";

/// The name of the state; nothing if it was never served.
pub(super) async fn name(connection: &mut Connection) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT id FROM store_identity").fetch_optional(connection).await
}

/// Every record.
pub(super) async fn records(connection: &mut Connection, to: &mut Sink<'_>, credentials: bool) -> Result<()> {
    rows(connection, to, IMAGES, image).await?;
    rows(connection, to, MANIFESTS, manifest).await?;
    rows(connection, to, IMAGE_MANIFESTS, image_manifest).await?;
    rows(connection, to, TAGS, tag).await?;
    rows(connection, to, REPO_DIGESTS, repo_digest).await?;
    rows(connection, to, STAGED_IMAGES, staged_image).await?;
    rows(connection, to, STAGED_LAYERS, staged_layer).await?;
    rows(connection, to, MANIFEST_NOTES, manifest_note).await?;
    if credentials {
        rows(connection, to, SEALING_KEYS, sealing_key).await?;
        rows(connection, to, CREDENTIALS, credential).await?;
    }
    rows(connection, to, VECTORS, vector).await?;
    rows(connection, to, EVENTS, event).await
}

async fn rows<T: for<'r> FromRow<'r, Row> + Send + Unpin>(
    connection: &mut Connection,
    to: &mut Sink<'_>,
    select: &'static str,
    record: impl Fn(T) -> Result<Record>,
) -> Result<()> {
    let mut rows = sqlx::query_as::<_, T>(select).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        to(&record(row)?)?;
    }
    Ok(())
}

type ImageRow = (String, String, Vec<u8>, String, Option<String>);

fn image((namespace, id, config, layer_sizes, last_tagged): ImageRow) -> Result<Record> {
    let layer_sizes = read_json(&layer_sizes)?;
    Ok(Record::Image(ImageRecord { namespace, id, config: Content(config), layer_sizes, last_tagged }))
}

fn manifest((namespace, digest, media_type, content): (String, String, String, Vec<u8>)) -> Result<Record> {
    Ok(Record::Manifest(ManifestRecord { namespace, digest, media_type, content: Content(content) }))
}

fn image_manifest((namespace, image, digest): (String, String, String)) -> Result<Record> {
    Ok(Record::ImageManifest(ImageManifestRecord { namespace, image, digest }))
}

type TagRow = (String, String, String, String, Option<String>, Option<String>, String);

fn tag((namespace, repository, tag, image, target, platform, updated): TagRow) -> Result<Record> {
    Ok(Record::Tag(TagRecord { namespace, repository, tag, image, target, platform, updated }))
}

type RepoDigestRow = (String, String, String, String, String, String);

fn repo_digest((namespace, repository, digest, image, platform, origin): RepoDigestRow) -> Result<Record> {
    Ok(Record::RepoDigest(RepoDigestRecord { namespace, repository, digest, image, platform, origin }))
}

type StagedImageRow = (String, String, String, String, String);

fn staged_image((namespace, image, repository, digest, updated): StagedImageRow) -> Result<Record> {
    Ok(Record::StagedImage(StagedImageRecord { namespace, image, repository, digest, updated }))
}

type StagedLayerRow = (String, String, i64, String, String, String, i64, i64, String);

fn staged_layer(
    (repository, diff_id, uncompressed_size, head, digest, media_type, size, made_here, updated): StagedLayerRow,
) -> Result<Record> {
    Ok(Record::StagedLayer(StagedLayerRecord {
        repository,
        diff_id,
        uncompressed_size,
        head,
        digest,
        media_type,
        size,
        made_here: made_here != 0,
        updated,
    }))
}

fn manifest_note((repository, digest, noted): (String, String, String)) -> Result<Record> {
    Ok(Record::ManifestNote(ManifestNoteRecord { repository, digest, noted }))
}

type SealingKeyRow = (String, Option<Vec<u8>>, i64, String);

fn sealing_key((id, wrapped, in_force, made): SealingKeyRow) -> Result<Record> {
    let (wrapped, in_force) = (wrapped.map(Base64), in_force != 0);
    Ok(Record::SealingKey(SealingKeyRecord { id, wrapped, in_force, made }))
}

type CredentialRow = (String, String, String, String, Vec<u8>, String);

fn credential((namespace, registry, username, kind, sealed, updated): CredentialRow) -> Result<Record> {
    let sealed = Base64(sealed);
    Ok(Record::Credential(CredentialRecord { namespace, registry, username, kind, sealed, updated }))
}

type VectorRow = (String, String, i64, i64, String, i64, Vec<u8>, Vec<u8>);

fn vector(
    (namespace, image, revision, indexed, embedder, dimensions, vector, layers): VectorRow,
) -> Result<Record> {
    Ok(Record::Vector(VectorRecord {
        namespace,
        image,
        revision,
        indexed,
        embedder,
        dimensions,
        vector: Base64(vector),
        layers: Base64(layers),
    }))
}

type EventRow = (i64, String, String, String, String, String, String);

fn event((sequence, namespace, time, action, image, name, attributes): EventRow) -> Result<Record> {
    Ok(Record::Event(EventRecord { sequence, namespace, time, action, image, name, attributes }))
}
