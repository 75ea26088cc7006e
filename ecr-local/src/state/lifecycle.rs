//! Lifecycle policies of repositories, and previews of them.

use std::collections::HashSet;

use super::{ImagePosition, ImageRow, Result, Shown, State};

/// More images than this at once are more rows than a page of any listing.
const BATCH: u32 = 1000;

/// What a repository has of a lifecycle.
#[derive(Clone, Debug)]
pub(crate) struct Lifecycle {
    pub(crate) policy: Option<String>,
    /// When the policy was last applied, in seconds since 1970; 0 if it was not.
    pub(crate) evaluated: i64,
    /// What a preview was started for.
    pub(crate) preview_policy: Option<String>,
    /// When it was, in seconds since 1970.
    pub(crate) preview_started: Option<i64>,
}

impl State {
    pub(crate) async fn lifecycle(&self, repository: i64) -> Result<Lifecycle> {
        let select = "SELECT lifecycle_policy, lifecycle_evaluated, preview_policy, preview_started \
             FROM repositories WHERE id = $1";
        let query = sqlx::query_as(select).bind(repository);
        let (policy, evaluated, preview_policy, preview_started) = query.fetch_one(&self.reader).await?;
        Ok(Lifecycle { policy, evaluated, preview_policy, preview_started })
    }

    /// Sets a policy, which was not applied yet, or takes it away.
    pub(crate) async fn set_lifecycle_policy(&self, repository: i64, policy: Option<&str>) -> Result<()> {
        let update = "UPDATE repositories SET lifecycle_policy = $2, lifecycle_evaluated = 0 WHERE id = $1";
        self.writer.execute(sqlx::query(update).bind(repository).bind(policy)).await.map(drop)
    }

    /// Notes that a preview begins now.
    pub(crate) async fn start_preview(&self, repository: i64, policy: &str) -> Result<()> {
        let update = "UPDATE repositories SET preview_policy = $2, preview_started = $3 WHERE id = $1";
        let query = sqlx::query(update).bind(repository).bind(policy).bind(self.now());
        self.writer.execute(query).await.map(drop)
    }

    /// Notes that a policy was applied now.
    pub(crate) async fn note_evaluation(&self, repository: i64) -> Result<()> {
        let update = "UPDATE repositories SET lifecycle_evaluated = $2 WHERE id = $1";
        self.writer.execute(sqlx::query(update).bind(repository).bind(self.now())).await.map(drop)
    }

    /// All repositories with a policy, and that.
    pub(crate) async fn lifecycle_policies(&self) -> Result<Vec<(i64, String)>> {
        let select = "SELECT id, lifecycle_policy FROM repositories WHERE lifecycle_policy IS NOT NULL";
        sqlx::query_as(select).fetch_all(&self.reader).await
    }

    /// All images of a repository that no index refers to: those that may expire.
    pub(crate) async fn expirable_images(&self, repository: i64) -> Result<Vec<ImageRow>> {
        let select = "SELECT DISTINCT child FROM manifest_children WHERE repository = $1";
        let children: Vec<String> =
            sqlx::query_scalar(select).bind(repository).fetch_all(&self.reader).await?;
        let children: HashSet<_> = children.into_iter().collect();
        let (mut images, mut from) = (Vec::new(), ImagePosition { pushed: 0, digest: String::new() });
        loop {
            let batch = self.images(repository, Shown::All, &from, BATCH).await?;
            let Some(last) = batch.last() else { return Ok(images) };
            from = last.next_position();
            images.extend(batch.into_iter().filter(|image| !children.contains(&image.digest)));
        }
    }
}
