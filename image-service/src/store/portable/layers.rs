//! Layers that the staging registry has, and manifests there that nobody needs.

use time::OffsetDateTime;

use super::{Connection, change::Change};
use crate::{
    error::Result,
    model::{Descriptor, Digest, Repository},
    ports::StagedLayer,
    store::encoding::{now_text, read, time_text},
};

macro_rules! select_layers {
    ($rest:literal) => {
        concat!(
            "SELECT diff_id, uncompressed_size, head, digest, media_type, size, made_here FROM staged_layers ",
            $rest
        )
    };
}

const BY_DIGEST: &str = select_layers!(
    "WHERE repository = $1 AND diff_id = $2 UNION ALL \
     SELECT diff_id, uncompressed_size, head, digest, media_type, size, made_here FROM staged_layers \
     WHERE repository = $1 AND digest = $2 LIMIT 1"
);
const BY_HEAD: &str = select_layers!(
    "WHERE repository = $1 AND uncompressed_size = $2 AND head = $3 ORDER BY updated DESC LIMIT 8"
);
const UNNEEDED: &str = "SELECT digest FROM manifest_notes u WHERE repository = $1 AND noted < $2 \
     AND NOT EXISTS (SELECT 1 FROM staged_images s WHERE s.repository = u.repository AND s.digest = u.digest)";

const IS_UNNEEDED: &str = "SELECT CAST(1 AS BIGINT) FROM manifest_notes u WHERE repository = $1 AND noted < $2 AND digest = $3 \
     AND NOT EXISTS (SELECT 1 FROM staged_images s WHERE s.repository = u.repository AND s.digest = u.digest)";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: [&str; 4] = [BY_DIGEST, BY_HEAD, UNNEEDED, IS_UNNEEDED];

type LayerRow = (String, i64, String, String, String, i64, i64);

pub(super) async fn by_digest(
    connection: &mut Connection,
    repository: &Repository,
    digest: &Digest,
) -> Result<Option<StagedLayer>> {
    let query = sqlx::query_as(BY_DIGEST).bind(repository.to_string()).bind(digest.to_string());
    let row: Option<LayerRow> = query.fetch_optional(connection).await?;
    row.map(read_layer).transpose()
}

pub(super) async fn by_head(
    connection: &mut Connection,
    repository: &Repository,
    uncompressed_size: u64,
    head: &Digest,
) -> Result<Vec<StagedLayer>> {
    let query = sqlx::query_as(BY_HEAD).bind(repository.to_string()).bind(column(uncompressed_size));
    let rows: Vec<LayerRow> = query.bind(head.to_string()).fetch_all(connection).await?;
    rows.into_iter().map(read_layer).collect()
}

pub(super) async fn unneeded(
    connection: &mut Connection,
    repository: &Repository,
    before: OffsetDateTime,
) -> Result<Vec<Digest>> {
    let before = time_text(before).unwrap_or_default();
    let query = sqlx::query_scalar(UNNEEDED).bind(repository.to_string()).bind(before);
    let digests: Vec<String> = query.fetch_all(connection).await?;
    digests.iter().map(|digest| read(digest)).collect()
}

pub(super) async fn is_unneeded(
    connection: &mut Connection,
    repository: &Repository,
    manifest: &Digest,
    before: OffsetDateTime,
) -> Result<bool> {
    let before = time_text(before).unwrap_or_default();
    let query = sqlx::query_scalar::<_, i64>(IS_UNNEEDED).bind(repository.to_string()).bind(before);
    Ok(query.bind(manifest.to_string()).fetch_optional(connection).await?.is_some())
}

fn read_layer(
    (diff_id, uncompressed_size, head, digest, media_type, size, made_here): LayerRow,
) -> Result<StagedLayer> {
    Ok(StagedLayer {
        diff_id: read(&diff_id)?,
        uncompressed_size: u64::try_from(uncompressed_size).unwrap_or(0),
        head: read(&head)?,
        blob: Descriptor { media_type, digest: read(&digest)?, size: u64::try_from(size).unwrap_or(0) },
        made_here: made_here != 0,
    })
}

fn column(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// What is known of a repository's content.
pub(super) enum NoteContent {
    Layer(Repository, StagedLayer),
    NoLayer(Repository, Digest),
    Manifest(Repository, Digest),
    NoManifest(Repository, Digest),
}

impl Change for NoteContent {
    type Answer = ();

    async fn apply(&self, connection: &mut Connection) -> Result<()> {
        match self {
            Self::Layer(repository, layer) => insert_layer(connection, repository, layer).await?,
            Self::NoLayer(repository, diff_id) => {
                let delete = "DELETE FROM staged_layers WHERE repository = $1 AND diff_id = $2";
                let query = sqlx::query(delete).bind(repository.to_string()).bind(diff_id.to_string());
                query.execute(connection).await?;
            }
            Self::Manifest(repository, digest) => {
                let upsert = "INSERT INTO manifest_notes (repository, digest, noted) VALUES ($1, $2, $3) \
                     ON CONFLICT (repository, digest) DO UPDATE SET noted = excluded.noted";
                let query = sqlx::query(upsert).bind(repository.to_string()).bind(digest.to_string());
                query.bind(now_text()).execute(connection).await?;
            }
            Self::NoManifest(repository, digest) => {
                let delete = "DELETE FROM manifest_notes WHERE repository = $1 AND digest = $2";
                let query = sqlx::query(delete).bind(repository.to_string()).bind(digest.to_string());
                query.execute(connection).await?;
            }
        }
        Ok(())
    }
}

async fn insert_layer(
    connection: &mut Connection,
    repository: &Repository,
    layer: &StagedLayer,
) -> sqlx::Result<()> {
    let upsert = "INSERT INTO staged_layers \
         (repository, diff_id, uncompressed_size, head, digest, media_type, size, updated, made_here) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (repository, diff_id) DO UPDATE SET \
         uncompressed_size = excluded.uncompressed_size, head = excluded.head, digest = excluded.digest, \
         media_type = excluded.media_type, size = excluded.size, updated = excluded.updated, \
         made_here = excluded.made_here WHERE excluded.made_here >= staged_layers.made_here";
    let query = sqlx::query(upsert).bind(repository.to_string()).bind(layer.diff_id.to_string());
    let query = query.bind(column(layer.uncompressed_size)).bind(layer.head.to_string());
    let query = query.bind(layer.blob.digest.to_string()).bind(&layer.blob.media_type);
    query
        .bind(column(layer.blob.size))
        .bind(now_text())
        .bind(i64::from(layer.made_here))
        .execute(connection)
        .await
        .map(drop)
}
