//! Repositories, each in a registry.

use super::{Result, State};
use crate::model::{RegistryId, RepositoryName};

impl State {
    /// The id of a repository.
    pub(crate) async fn repository(
        &self,
        registry: &RegistryId,
        name: &RepositoryName,
    ) -> Result<Option<i64>> {
        let select = "SELECT id FROM repositories WHERE account = $1 AND region = $2 AND name = $3";
        let query = sqlx::query_scalar(select).bind(&*registry.account).bind(&*registry.region);
        query.bind(name.as_str()).fetch_optional(&self.reader).await
    }

    /// Makes a repository unless it is there, and gives its id.
    pub(crate) async fn create_repository(
        &self,
        registry: &RegistryId,
        name: &RepositoryName,
    ) -> Result<i64> {
        let insert = "INSERT INTO repositories (account, region, name, created) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (account, region, name) DO UPDATE SET name = excluded.name RETURNING id";
        let query = sqlx::query_scalar(insert).bind(&*registry.account).bind(&*registry.region);
        self.writer.run(|pool| query.bind(name.as_str()).bind(self.now()).fetch_one(pool)).await
    }

    /// The names of repositories behind `last`, at most `count`, sorted by bytes.
    pub(crate) async fn repository_names(
        &self,
        registry: &RegistryId,
        last: &str,
        count: u32,
    ) -> Result<Vec<String>> {
        let select = "SELECT name FROM repositories WHERE account = $1 AND region = $2 AND name > $3 \
             ORDER BY name LIMIT $4";
        let query = sqlx::query_scalar(select).bind(&*registry.account).bind(&*registry.region);
        query.bind(last).bind(count).fetch_all(&self.reader).await
    }
}
