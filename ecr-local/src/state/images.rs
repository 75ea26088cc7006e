//! Images as the control plane lists them: in the order of their pushes.

use sqlx::{Row, sqlite::SqliteRow};

use super::{Result, State};
use crate::model::ImageStatus;

/// What is known of an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ImageRow {
    pub(crate) digest: String,
    pub(crate) media_type: String,
    /// Empty if there is none.
    pub(crate) artifact_type: String,
    pub(crate) subject: Option<String>,
    /// Compressed bytes.
    pub(crate) size: i64,
    /// Seconds since 1970.
    pub(crate) pushed: i64,
    /// Seconds since 1970, roughly.
    pub(crate) pulled: Option<i64>,
    pub(crate) tags: Vec<String>,
    pub(crate) status: ImageStatus,
    /// When it was last archived, in seconds since 1970.
    pub(crate) archived: Option<i64>,
    /// When it was or will be back from the archive, in seconds since 1970.
    pub(crate) activated: Option<i64>,
}

impl ImageRow {
    /// What kind of image it is: that of its artifact, else of its manifest.
    pub(crate) fn artifact_or_media_type(&self) -> &str {
        if self.artifact_type.is_empty() { &self.media_type } else { &self.artifact_type }
    }

    /// The first place that comes after it: no digest goes on behind its last digit.
    pub(crate) fn next_position(&self) -> ImagePosition {
        ImagePosition { pushed: self.pushed, digest: format!("{}+", self.digest) }
    }
}

/// A place in the order of images.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ImagePosition {
    /// Seconds since 1970.
    pub(crate) pushed: i64,
    pub(crate) digest: String,
}

/// Which images are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shown {
    All,
    Tagged,
    Untagged,
}

impl State {
    /// The images from a place on, at most `count`, whether they can be pulled or not.
    pub(crate) async fn images(
        &self,
        repository: i64,
        shown: Shown,
        from: &ImagePosition,
        count: u32,
    ) -> Result<Vec<ImageRow>> {
        self.images_with(repository, shown, None, from, count).await
    }

    /// The images of one status, or of any, from a place on, at most `count`.
    pub(crate) async fn images_with(
        &self,
        repository: i64,
        shown: Shown,
        status: Option<ImageStatus>,
        from: &ImagePosition,
        count: u32,
    ) -> Result<Vec<ImageRow>> {
        let select = "SELECT m.digest, m.media_type, m.artifact_type, m.subject, m.size, m.pushed, m.pulled, \
             m.is_archived, m.archived, m.activated, \
             (SELECT json_group_array(tag) FROM tags t WHERE t.repository = m.repository AND t.manifest = m.digest) AS tags \
             FROM manifests m WHERE m.repository = $1 AND (m.pushed, m.digest) >= ($2, $3) \
             AND ($4 IS NULL OR $4 = EXISTS (SELECT 1 FROM tags t WHERE t.repository = m.repository AND t.manifest = m.digest)) \
             AND ($6 IS NULL OR $6 = CASE WHEN m.is_archived THEN 'ARCHIVED' WHEN m.activated > $7 THEN 'ACTIVATING' ELSE 'ACTIVE' END) \
             ORDER BY m.pushed, m.digest LIMIT $5";
        let tagged = match shown {
            Shown::All => None,
            Shown::Tagged => Some(true),
            Shown::Untagged => Some(false),
        };
        let now = self.now();
        let query = sqlx::query(select).bind(repository).bind(from.pushed).bind(&from.digest);
        let query = query.bind(tagged).bind(count).bind(status.map(ImageStatus::name)).bind(now);
        let rows = query.fetch_all(&self.reader).await?;
        rows.iter().map(|row| read(row, now)).collect()
    }

    /// An image by its digest.
    pub(crate) async fn image(&self, repository: i64, digest: &str) -> Result<Option<ImageRow>> {
        let select = "SELECT m.digest, m.media_type, m.artifact_type, m.subject, m.size, m.pushed, m.pulled, \
             m.is_archived, m.archived, m.activated, \
             (SELECT json_group_array(tag) FROM tags t WHERE t.repository = m.repository AND t.manifest = m.digest) AS tags \
             FROM manifests m WHERE m.repository = $1 AND m.digest = $2";
        let row = sqlx::query(select).bind(repository).bind(digest).fetch_optional(&self.reader).await?;
        row.map(|row| read(&row, self.now())).transpose()
    }

    /// The digest that a tag points at.
    pub(crate) async fn tagged(&self, repository: i64, tag: &str) -> Result<Option<String>> {
        let select = "SELECT manifest FROM tags WHERE repository = $1 AND tag = $2";
        sqlx::query_scalar(select).bind(repository).bind(tag).fetch_optional(&self.reader).await
    }
}

fn read(row: &SqliteRow, now: i64) -> Result<ImageRow> {
    let activated = row.try_get("activated")?;
    let mut tags: Vec<String> = serde_json::from_str(row.try_get("tags")?).unwrap_or_default();
    tags.sort_unstable();
    Ok(ImageRow {
        digest: row.try_get("digest")?,
        media_type: row.try_get("media_type")?,
        artifact_type: row.try_get("artifact_type")?,
        subject: row.try_get("subject")?,
        size: row.try_get("size")?,
        pushed: row.try_get("pushed")?,
        pulled: row.try_get("pulled")?,
        tags,
        status: ImageStatus::of(row.try_get("is_archived")?, activated, now),
        archived: row.try_get("archived")?,
        activated,
    })
}
