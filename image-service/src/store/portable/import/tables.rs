//! The rows that a record stands for.

use bytes::Bytes;

use super::{
    super::rows::ImageRow,
    table::{Row, Table, Value},
};
use crate::{
    error::Error,
    model::ImageConfig,
    store::{
        UpkeepError,
        encoding::read,
        transfer::{ImageRecord, Record},
    },
};

const IMAGES: Table =
    Table("INSERT INTO images (namespace, id, size, created, os, architecture, variant, labels) ", "");
const CONFIGS: Table =
    Table("INSERT INTO image_configs (namespace, id, content, layer_sizes, last_tagged) ", "");
const MANIFESTS: Table = Table("INSERT INTO manifests (namespace, digest, media_type, content) ", "");
const IMAGE_MANIFESTS: Table = Table("INSERT INTO image_manifests (namespace, image_id, digest) ", "");
/// With the rows of their images, which triggers would look for otherwise.
const TAGS: Table = Table(
    concat!(
        "INSERT INTO tags \
         (namespace, repository, tag, image_id, target, platform, updated, config, like_id) \
         SELECT column1, column2, column3, column4, column5, column6, column7, \
         (SELECT c.number FROM image_configs c WHERE c.namespace = column1 AND c.id = column4), ",
        like_id!("column2", "column3"),
        " FROM ("
    ),
    ") AS told",
);
const REPO_DIGESTS: Table = Table(
    "INSERT INTO repo_digests (namespace, repository, digest, image_id, platform, origin, config) \
     SELECT column1, column2, column3, column4, column5, column6, \
     (SELECT c.number FROM image_configs c WHERE c.namespace = column1 AND c.id = column4) FROM (",
    ") AS told",
);
const STAGED_IMAGES: Table =
    Table("INSERT INTO staged_images (namespace, image_id, repository, digest, updated) ", "");
const STAGED_LAYERS: Table = Table(
    "INSERT INTO staged_layers \
     (repository, diff_id, uncompressed_size, head, digest, media_type, size, made_here, updated) ",
    "",
);
const MANIFEST_NOTES: Table = Table("INSERT INTO manifest_notes (repository, digest, noted) ", "");
const SEALING_KEYS: Table = Table("INSERT INTO sealing_keys (id, wrapped, in_force, made) ", "");
const CREDENTIALS: Table =
    Table("INSERT INTO credentials (namespace, registry, username, kind, sealed, updated) ", "");
const VECTORS: Table = Table(
    "INSERT INTO image_vectors \
     (namespace, image_id, revision, indexed, embedder, dimensions, vector, layers) ",
    "",
);
const EVENTS: Table =
    Table("INSERT INTO events (sequence, namespace, time, action, image_id, name, attributes) ", "");

macro_rules! row {
    ($table:ident: $($value:expr),+) => {
        (&$table, vec![$(Value::from($value)),+])
    };
}

/// One row, or one of each table that has something of it. What begins and ends a document stands for none.
pub(super) fn rows(record: &Record) -> Result<Vec<Row<'_>>, UpkeepError> {
    Ok(vec![match record {
        Record::Image(image) => return rows_of_image(image),
        Record::Manifest(it) => {
            row!(MANIFESTS: &it.namespace, &it.digest, &it.media_type, &it.content.0)
        }
        Record::ImageManifest(it) => row!(IMAGE_MANIFESTS: &it.namespace, &it.image, &it.digest),
        Record::Tag(it) => {
            row!(TAGS: &it.namespace, &it.repository, &it.tag, &it.image, &it.target, &it.platform, &it.updated)
        }
        Record::RepoDigest(it) => {
            row!(REPO_DIGESTS: &it.namespace, &it.repository, &it.digest, &it.image, &it.platform, &it.origin)
        }
        Record::StagedImage(it) => {
            row!(STAGED_IMAGES: &it.namespace, &it.image, &it.repository, &it.digest, &it.updated)
        }
        Record::StagedLayer(it) => {
            row!(STAGED_LAYERS: &it.repository, &it.diff_id, it.uncompressed_size, &it.head, &it.digest,
                &it.media_type, it.size, i64::from(it.made_here), &it.updated)
        }
        Record::ManifestNote(it) => row!(MANIFEST_NOTES: &it.repository, &it.digest, &it.noted),
        Record::SealingKey(it) => {
            row!(SEALING_KEYS: &it.id, it.wrapped.as_ref().map(|key| &*key.0), i64::from(it.in_force), &it.made)
        }
        Record::Credential(it) => {
            row!(CREDENTIALS: &it.namespace, &it.registry, &it.username, &it.kind, &it.sealed.0, &it.updated)
        }
        Record::Vector(it) => {
            row!(VECTORS: &it.namespace, &it.image, it.revision, it.indexed, &it.embedder, it.dimensions,
                &it.vector.0, &it.layers.0)
        }
        Record::Event(it) => {
            row!(EVENTS: it.sequence, &it.namespace, &it.time, &it.action, &it.image, &it.name, &it.attributes)
        }
        Record::Header(_) | Record::End(_) => return Ok(Vec::new()),
    }])
}

fn rows_of_image(it: &ImageRecord) -> Result<Vec<Row<'_>>, UpkeepError> {
    let config = ImageConfig::parse(&it.config.0).map_err(Error::Archive)?;
    let image = ImageRow::new(&read(&it.id)?, config, &it.layer_sizes, Bytes::new())?;
    let platform = &image.config.platform;
    let [os, architecture, variant] =
        [platform.os(), platform.architecture(), platform.variant()].map(str::to_owned);
    Ok(vec![
        row!(IMAGES: &it.namespace, &it.id, image.size, image.created, os, architecture, variant, image.labels),
        row!(CONFIGS: &it.namespace, &it.id, &it.config.0, image.layer_sizes, &it.last_tagged),
    ])
}
