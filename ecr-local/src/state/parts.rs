//! What parts an upload came in.

use super::{Result, State};
use crate::blobs::UploadKey;

/// The parts of an upload.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Parts {
    pub(crate) count: i64,
    /// Bytes of the smallest part before the last, if there are several.
    pub(crate) least: Option<i64>,
}

impl State {
    /// Notes that a part came, after those that came before. Its bytes need not be on disk before the upload is complete, and so neither is
    /// this.
    pub(crate) async fn note_part(&self, upload: &UploadKey, bytes: u64) -> Result<()> {
        let upsert = "INSERT INTO upload_parts (repository, id, parts, last_bytes) VALUES ($1, $2, 1, $3) \
             ON CONFLICT (repository, id) DO UPDATE SET parts = parts + 1, last_bytes = excluded.last_bytes, \
             least = min(coalesce(least, last_bytes), last_bytes)";
        let query = sqlx::query(upsert).bind(upload.repository).bind(&*upload.id);
        self.writer.jot(query.bind(i64::try_from(bytes).unwrap_or(i64::MAX))).await
    }

    /// The parts so far.
    pub(crate) async fn parts(&self, upload: &UploadKey) -> Result<Parts> {
        let select = "SELECT parts, least FROM upload_parts WHERE repository = $1 AND id = $2";
        let query = sqlx::query_as(select).bind(upload.repository).bind(&*upload.id);
        let found: Option<(i64, Option<i64>)> = query.fetch_optional(&self.reader).await?;
        Ok(found.map(|(count, least)| Parts { count, least }).unwrap_or_default())
    }

    /// Forgets the parts of an upload that is over.
    pub(crate) async fn forget_parts(&self, upload: &UploadKey) -> Result<()> {
        let delete = "DELETE FROM upload_parts WHERE repository = $1 AND id = $2";
        let query = sqlx::query(delete).bind(upload.repository).bind(&*upload.id);
        self.writer.jot(query).await
    }
}
