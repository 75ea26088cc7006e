//! Images as the control plane lists them: in the order of their pushes.

use sqlx::{Row, sqlite::SqliteRow};

use super::{Result, State, StoredManifest};

/// A pull is noted anew after so many seconds: a write costs much more than a pull.
const PULL_NOTED: i64 = 60 * 60;

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
}

impl ImageRow {
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
    /// The images from a place on, at most `count`.
    pub(crate) async fn images(
        &self,
        repository: i64,
        shown: Shown,
        from: &ImagePosition,
        count: u32,
    ) -> Result<Vec<ImageRow>> {
        let select = "SELECT m.digest, m.media_type, m.artifact_type, m.subject, m.size, m.pushed, m.pulled, \
             (SELECT json_group_array(tag) FROM tags t WHERE t.repository = m.repository AND t.manifest = m.digest) AS tags \
             FROM manifests m WHERE m.repository = $1 AND (m.pushed, m.digest) >= ($2, $3) \
             AND ($4 IS NULL OR $4 = EXISTS (SELECT 1 FROM tags t WHERE t.repository = m.repository AND t.manifest = m.digest)) \
             ORDER BY m.pushed, m.digest LIMIT $5";
        let tagged = match shown {
            Shown::All => None,
            Shown::Tagged => Some(true),
            Shown::Untagged => Some(false),
        };
        let query = sqlx::query(select).bind(repository).bind(from.pushed).bind(&from.digest);
        query.bind(tagged).bind(count).fetch_all(&self.reader).await?.iter().map(read).collect()
    }

    /// An image by its digest.
    pub(crate) async fn image(&self, repository: i64, digest: &str) -> Result<Option<ImageRow>> {
        let select = "SELECT m.digest, m.media_type, m.artifact_type, m.subject, m.size, m.pushed, m.pulled, \
             (SELECT json_group_array(tag) FROM tags t WHERE t.repository = m.repository AND t.manifest = m.digest) AS tags \
             FROM manifests m WHERE m.repository = $1 AND m.digest = $2";
        let row = sqlx::query(select).bind(repository).bind(digest).fetch_optional(&self.reader).await?;
        row.map(|row| read(&row)).transpose()
    }

    /// The digest that a tag points at.
    pub(crate) async fn tagged(&self, repository: i64, tag: &str) -> Result<Option<String>> {
        let select = "SELECT manifest FROM tags WHERE repository = $1 AND tag = $2";
        sqlx::query_scalar(select).bind(repository).bind(tag).fetch_optional(&self.reader).await
    }

    /// Notes that an image was pulled, unless that was noted a short while ago.
    pub(crate) async fn note_pull(&self, repository: i64, image: &StoredManifest) -> Result<()> {
        if image.pulled.is_some_and(|pulled| pulled > self.now() - PULL_NOTED) {
            return Ok(());
        }
        let update = "UPDATE manifests SET pulled = $3 WHERE repository = $1 AND digest = $2";
        let query = sqlx::query(update).bind(repository).bind(image.digest.to_string());
        query.bind(self.now()).execute(&self.writer).await.map(drop)
    }
}

fn read(row: &SqliteRow) -> Result<ImageRow> {
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
    })
}
