//! The images of a backfill, each tag of an image by itself.

use sqlx::{Row, sqlite::SqliteRow};

use super::{Backfill, Result, State};

/// An image of a backfill.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct BackfillImage {
    /// Its place in the order in which they are copied.
    pub(crate) position: i64,
    pub(crate) repository: String,
    pub(crate) digest: String,
    pub(crate) tag: Option<String>,
    pub(crate) is_index: bool,
    /// Why it did not arrive, if it did not.
    pub(crate) failure: Option<String>,
}

/// How many images a backfill has, and what became of them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct BackfillProgress {
    pub(crate) total: i64,
    pub(crate) completed: i64,
    pub(crate) failed: i64,
    /// Each once.
    pub(crate) failures: Vec<String>,
}

impl State {
    /// Notes the images that a backfill is to copy, and no others: all of some repositories.
    pub(crate) async fn prepare_backfill(&self, backfill: &Backfill, repositories: &[String]) -> Result<()> {
        let insert = "INSERT INTO backfill_images (backfill, position, repository, manifest, tag, is_index) \
             SELECT $1, (SELECT count(*) FROM backfill_images WHERE backfill = $1) \
              + row_number() OVER (ORDER BY m.pushed, m.digest, t.tag), r.name, m.digest, t.tag, \
              EXISTS (SELECT 1 FROM manifest_children c WHERE c.repository = r.id AND c.manifest = m.digest) \
             FROM repositories r JOIN manifests m ON m.repository = r.id \
             LEFT JOIN tags t ON t.repository = m.repository AND t.manifest = m.digest \
             WHERE r.account = $2 AND r.region = $3 AND r.name = $4";
        let mut change = self.change().await?;
        let delete = "DELETE FROM backfill_images WHERE backfill = $1";
        sqlx::query(delete).bind(backfill.seq).execute(&mut *change).await?;
        for repository in repositories {
            let query = sqlx::query(insert).bind(backfill.seq).bind(&*backfill.source.account);
            query.bind(&*backfill.source.region).bind(repository).execute(&mut *change).await?;
        }
        change.commit().await
    }

    /// The next images that a backfill has to copy, at most `count`.
    pub(crate) async fn next_backfill_images(&self, backfill: i64, count: u32) -> Result<Vec<BackfillImage>> {
        let select =
            "SELECT * FROM backfill_images WHERE backfill = $1 AND status IS NULL ORDER BY position LIMIT $2";
        let query = sqlx::query(select).bind(backfill).bind(count);
        query.fetch_all(&self.reader).await?.iter().map(read).collect()
    }

    /// Notes what became of some images of a backfill.
    pub(crate) async fn note_backfill_images(&self, backfill: i64, images: &[BackfillImage]) -> Result<()> {
        let update =
            "UPDATE backfill_images SET status = $3, failure = $4 WHERE backfill = $1 AND position = $2";
        let mut change = self.change().await?;
        for image in images {
            let status = if image.failure.is_some() { "FAILED" } else { "COMPLETE" };
            let query = sqlx::query(update).bind(backfill).bind(image.position).bind(status);
            query.bind(&image.failure).execute(&mut *change).await?;
        }
        change.commit().await
    }

    /// How far a backfill is.
    pub(crate) async fn backfill_progress(&self, backfill: i64) -> Result<BackfillProgress> {
        let select = "SELECT count(*), count(*) FILTER (WHERE status = 'COMPLETE'), \
             count(*) FILTER (WHERE status = 'FAILED'), json_group_array(DISTINCT failure) FILTER (WHERE failure IS NOT NULL) \
             FROM backfill_images WHERE backfill = $1";
        let row = sqlx::query_as(select).bind(backfill).fetch_one(&self.reader).await?;
        let (total, completed, failed, failures): (_, _, _, String) = row;
        let mut failures: Vec<String> = serde_json::from_str(&failures).unwrap_or_default();
        failures.sort_unstable();
        Ok(BackfillProgress { total, completed, failed, failures })
    }

    /// The images of a backfill that were copied, or not (`status`), behind a position, at most `count`.
    pub(crate) async fn backfill_results(
        &self,
        backfill: i64,
        status: Option<&str>,
        behind: i64,
        count: u32,
    ) -> Result<Vec<BackfillImage>> {
        let select = "SELECT * FROM backfill_images WHERE backfill = $1 AND position > $2 AND status IS NOT NULL \
             AND ($3 IS NULL OR status = $3) ORDER BY position LIMIT $4";
        let query = sqlx::query(select).bind(backfill).bind(behind).bind(status).bind(count);
        query.fetch_all(&self.reader).await?.iter().map(read).collect()
    }
}

fn read(row: &SqliteRow) -> Result<BackfillImage> {
    Ok(BackfillImage {
        position: row.try_get("position")?,
        repository: row.try_get("repository")?,
        digest: row.try_get("manifest")?,
        tag: row.try_get("tag")?,
        is_index: row.try_get("is_index")?,
        failure: row.try_get("failure")?,
    })
}
