//! What a push meets: all that decides about it, found in one look.

use std::{collections::BTreeMap, fmt};

use sqlx::{Row, sqlite::SqliteRow};

use super::{Change, Error, NewManifest, Result, repository::read_mutability};
use crate::model::{Digest, Mutability, Tag};

/// A `CROSS JOIN` begins with what the push names: SQLite would rather look through all that the repository has.
///
/// `$1` is the repository, `$2` the manifest; `$3` to `$5` are JSON arrays: its tags, blobs and children. `$6` is now.
pub(super) const FIND: &str = "SELECT r.mutability, r.mutability_filters, m.digest IS NOT NULL AS is_known, \
     coalesce(m.is_archived OR m.activated > $6, FALSE) AS is_away, \
     (SELECT json_group_object(t.tag, t.manifest) FROM json_each($3) g \
      CROSS JOIN tags t ON t.repository = r.id AND t.tag = g.value) AS pointed, \
     (SELECT b.value FROM json_each($4) b WHERE NOT EXISTS \
      (SELECT 1 FROM repository_blobs l WHERE l.repository = r.id AND l.digest = b.value) ORDER BY b.key LIMIT 1) AS missing_blob, \
     (SELECT json_group_array(c.value) FROM json_each($5) c WHERE c.value = $2 OR NOT EXISTS \
      (SELECT 1 FROM manifests i WHERE i.repository = r.id AND i.digest = c.value)) AS absent_children, \
     EXISTS (SELECT 1 FROM absent_children a WHERE a.repository = r.id AND a.child = $2) AS is_awaited, \
     r.scan_on_push OR EXISTS (SELECT 1 FROM registry_settings s WHERE s.account = r.account AND s.region = r.region \
      AND s.name IN ('scanning', 'signing')) AS sets_off, \
     EXISTS (SELECT 1 FROM registry_settings s WHERE s.account = r.account AND s.region = r.region \
      AND s.name = 'replication') AS is_replicated \
     FROM repositories r LEFT JOIN manifests m ON m.repository = r.id AND m.digest = $2 WHERE r.id = $1";

/// What a push of a manifest meets in its repository.
pub(super) struct Prospect {
    mutability: Mutability,
    /// Whether the manifest is there.
    pub(super) is_known: bool,
    /// Whether it is in the archive, or on its way back.
    pub(super) is_away: bool,
    /// Where the tags point that are there, by tag.
    pointed: BTreeMap<String, String>,
    missing_blob: Option<String>,
    pub(super) absent_children: Vec<String>,
    /// Whether an index has come from upstream before this child of it.
    pub(super) is_awaited: bool,
    /// Whether a push may begin scans or signatures.
    pub(super) sets_off: bool,
    /// Whether the registry has rules for copies.
    pub(super) is_replicated: bool,
}

impl Prospect {
    pub(super) async fn find(
        change: &mut Change,
        repository: i64,
        manifest: &NewManifest,
        tags: &[Tag],
        now: i64,
    ) -> Result<Self> {
        let query = sqlx::query(FIND).bind(repository).bind(manifest.digest.to_string()).bind(list(tags));
        let query = query.bind(list(&manifest.blobs)).bind(list(&manifest.children)).bind(now);
        read(&query.fetch_one(&mut **change).await?)
    }

    /// Whether the manifest can be pulled already.
    pub(super) fn is_at_hand(&self) -> bool {
        self.is_known && !self.is_away
    }

    /// The tags that do not point at the manifest yet.
    pub(super) fn moved<'t>(&self, tags: &'t [Tag], own: &str) -> Vec<&'t str> {
        let points = |tag: &&str| self.pointed.get(*tag).is_some_and(|pointed| pointed == own);
        tags.iter().map(Tag::as_str).filter(|tag| !points(tag)).collect()
    }

    /// The first of these tags that must stay where it is.
    pub(super) fn fixed<'t>(&self, moved: &[&'t str]) -> Option<&'t str> {
        let is_fixed = |tag: &&str| self.pointed.contains_key(*tag) && !self.mutability.lets_move(tag);
        moved.iter().copied().find(is_fixed)
    }

    /// The first blob, else the first child, that is not there.
    pub(super) fn missing<'m>(&self, manifest: &'m NewManifest) -> Option<&'m Digest> {
        let missing = self.missing_blob.as_ref().or(self.absent_children.first())?;
        let mut parts = manifest.blobs.iter().chain(&manifest.children);
        parts.find(|part| part.to_string() == *missing)
    }
}

/// As statements take several values: a JSON array.
pub(super) fn list<T: fmt::Display>(values: impl IntoIterator<Item = T>) -> String {
    serde_json::Value::from_iter(values.into_iter().map(|value| value.to_string())).to_string()
}

fn read(row: &SqliteRow) -> Result<Prospect> {
    let decode = |error: serde_json::Error| Error::Decode(error.into());
    Ok(Prospect {
        mutability: read_mutability(row.try_get("mutability")?, row.try_get("mutability_filters")?)?,
        is_known: row.try_get("is_known")?,
        is_away: row.try_get("is_away")?,
        pointed: serde_json::from_str(row.try_get("pointed")?).map_err(decode)?,
        missing_blob: row.try_get("missing_blob")?,
        absent_children: serde_json::from_str(row.try_get("absent_children")?).map_err(decode)?,
        is_awaited: row.try_get("is_awaited")?,
        sets_off: row.try_get("sets_off")?,
        is_replicated: row.try_get("is_replicated")?,
    })
}
