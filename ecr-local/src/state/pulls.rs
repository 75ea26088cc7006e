//! Pulls: when an image was last pulled, and whose pulls do not count.

use super::{Result, State, StoredManifest};
use crate::model::RegistryId;

/// A pull is noted anew after so many seconds.
const PULL_NOTED: i64 = 24 * 60 * 60;

impl State {
    /// Notes that an image was pulled, unless that was noted a short while ago, or pulls of whoever did it do not count.
    pub(crate) async fn note_pull(
        &self,
        registry: &RegistryId,
        repository: i64,
        image: &StoredManifest,
        principal: Option<&str>,
    ) -> Result<()> {
        if image.pulled.is_some_and(|pulled| pulled > self.now() - PULL_NOTED) {
            return Ok(());
        }
        let update = "UPDATE manifests SET pulled = $3 WHERE repository = $1 AND digest = $2 AND NOT EXISTS \
             (SELECT 1 FROM pull_time_exclusions WHERE account = $4 AND region = $5 AND principal = $6)";
        let query = sqlx::query(update).bind(repository).bind(image.digest.to_string()).bind(self.now());
        let query = query.bind(&*registry.account).bind(&*registry.region).bind(principal);
        self.writer.jot(query).await
    }

    /// Lets pulls of a principal count no more. When that began, in seconds since 1970; nothing if it is so already.
    pub(crate) async fn add_exclusion(&self, registry: &RegistryId, principal: &str) -> Result<Option<i64>> {
        let insert = "INSERT INTO pull_time_exclusions (account, region, principal, created) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING RETURNING created";
        let query = sqlx::query_scalar(insert).bind(&*registry.account).bind(&*registry.region);
        self.writer.run(|pool| query.bind(principal).bind(self.now()).fetch_optional(pool)).await
    }

    /// Lets pulls of a principal count again. Whether they did not.
    pub(crate) async fn remove_exclusion(&self, registry: &RegistryId, principal: &str) -> Result<bool> {
        let delete = "DELETE FROM pull_time_exclusions WHERE account = $1 AND region = $2 AND principal = $3";
        let query = sqlx::query(delete).bind(&*registry.account).bind(&*registry.region).bind(principal);
        Ok(self.writer.execute(query).await? > 0)
    }

    /// The principals behind `last` whose pulls do not count, at most `count`, sorted.
    pub(crate) async fn exclusions(
        &self,
        registry: &RegistryId,
        last: &str,
        count: u32,
    ) -> Result<Vec<String>> {
        let select = "SELECT principal FROM pull_time_exclusions \
             WHERE account = $1 AND region = $2 AND principal > $3 ORDER BY principal LIMIT $4";
        let query = sqlx::query_scalar(select).bind(&*registry.account).bind(&*registry.region);
        query.bind(last).bind(count).fetch_all(&self.reader).await
    }
}
