//! What is set for a repository, beside what it holds.

use serde::{Deserialize, Serialize};
use sqlx::{Row, sqlite::SqliteRow};

use super::{Change, Error, Result, State};
use crate::model::{Mutability, RegistryId, RepositoryName};

/// A repository as it was set up.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// Seconds since 1970.
    pub(crate) created: i64,
    pub(crate) mutability: Mutability,
    pub(crate) scan_on_push: bool,
    /// A JSON object.
    pub(crate) encryption: String,
}

/// What a repository is to be.
#[derive(Clone, Serialize, Deserialize, Debug)]
pub(crate) struct NewRepository {
    pub(crate) mutability: Mutability,
    pub(crate) scan_on_push: bool,
    /// A JSON object.
    pub(crate) encryption: String,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) policy: Option<String>,
    pub(crate) lifecycle_policy: Option<String>,
    /// What a public repository is listed with: a JSON object.
    pub(crate) catalog: Option<String>,
}

impl State {
    /// Makes a repository. Nothing if there is one of that name.
    pub(crate) async fn set_up_repository(
        &self,
        registry: &RegistryId,
        name: &RepositoryName,
        new: &NewRepository,
    ) -> Result<Option<Repository>> {
        let mut change = self.change().await?;
        let Some(repository) = set_up(&mut change, registry, name, new, self.now()).await? else {
            return Ok(None);
        };
        change.commit().await?;
        Ok(Some(repository))
    }

    /// A repository with its settings.
    pub(crate) async fn describe_repository(
        &self,
        registry: &RegistryId,
        name: &str,
    ) -> Result<Option<Repository>> {
        let select = "SELECT id, name, created, mutability, mutability_filters, scan_on_push, encryption \
             FROM repositories WHERE account = $1 AND region = $2 AND name = $3";
        let query = sqlx::query(select).bind(&*registry.account).bind(&*registry.region).bind(name);
        query.fetch_optional(&self.reader).await?.map(|row| read(&row)).transpose()
    }

    /// The repositories behind `last`, at most `count`, sorted by name.
    pub(crate) async fn describe_repositories(
        &self,
        registry: &RegistryId,
        last: &str,
        count: u32,
    ) -> Result<Vec<Repository>> {
        let select = "SELECT id, name, created, mutability, mutability_filters, scan_on_push, encryption \
             FROM repositories WHERE account = $1 AND region = $2 AND name > $3 ORDER BY name LIMIT $4";
        let query = sqlx::query(select).bind(&*registry.account).bind(&*registry.region).bind(last);
        query.bind(count).fetch_all(&self.reader).await?.iter().map(read).collect()
    }

    /// Takes a repository away, unless it holds images and that is not to be overlooked. Whether it is gone.
    pub(crate) async fn delete_repository(&self, repository: i64, with_images: bool) -> Result<bool> {
        let mut change = self.change().await?;
        let select = "SELECT EXISTS (SELECT 1 FROM manifests WHERE repository = $1)";
        let has_images: bool = sqlx::query_scalar(select).bind(repository).fetch_one(&mut *change).await?;
        if has_images && !with_images {
            return Ok(false);
        }
        // In the order in which nothing is left without what it refers to.
        for delete in [
            "DELETE FROM manifest_children WHERE repository = $1",
            "DELETE FROM manifests WHERE repository = $1",
            "DELETE FROM repositories WHERE id = $1",
        ] {
            sqlx::query(delete).bind(repository).execute(&mut *change).await?;
        }
        change.commit().await?;
        Ok(true)
    }

    /// Sets which tags may move.
    pub(crate) async fn set_mutability(&self, repository: i64, mutability: &Mutability) -> Result<()> {
        let update = "UPDATE repositories SET mutability = $2, mutability_filters = $3 WHERE id = $1";
        let query = sqlx::query(update).bind(repository).bind(mutability.name()).bind(written(mutability));
        self.writer.execute(query).await.map(drop)
    }

    /// Sets whether a push begins a scan.
    pub(crate) async fn set_scan_on_push(&self, repository: i64, scan: bool) -> Result<()> {
        let update = "UPDATE repositories SET scan_on_push = $2 WHERE id = $1";
        self.writer.execute(sqlx::query(update).bind(repository).bind(scan)).await.map(drop)
    }

    /// The policy of a repository.
    pub(crate) async fn repository_policy(&self, repository: i64) -> Result<Option<String>> {
        let select = "SELECT policy FROM repositories WHERE id = $1";
        let found = sqlx::query_scalar(select).bind(repository).fetch_optional(&self.reader).await?;
        Ok(found.flatten())
    }

    /// Sets the policy of a repository, or takes it away.
    pub(crate) async fn set_repository_policy(&self, repository: i64, policy: Option<&str>) -> Result<()> {
        let update = "UPDATE repositories SET policy = $2 WHERE id = $1";
        self.writer.execute(sqlx::query(update).bind(repository).bind(policy)).await.map(drop)
    }
}

/// Makes a repository within a change that is under way. Nothing if there is one of that name. With its first one a public registry gets
/// an alias.
pub(super) async fn set_up(
    change: &mut Change,
    registry: &RegistryId,
    name: &RepositoryName,
    new: &NewRepository,
    now: i64,
) -> Result<Option<Repository>> {
    let insert = "INSERT INTO repositories (account, region, name, created, mutability, mutability_filters, scan_on_push, \
         encryption, policy, lifecycle_policy, catalog) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING \
         RETURNING id, name, created, mutability, mutability_filters, scan_on_push, encryption";
    let query = sqlx::query(insert).bind(&*registry.account).bind(&*registry.region).bind(name.as_str());
    let query = query.bind(now).bind(new.mutability.name()).bind(written(&new.mutability));
    let query =
        query.bind(new.scan_on_push).bind(&new.encryption).bind(&new.policy).bind(&new.lifecycle_policy);
    let row = query.bind(&new.catalog).fetch_optional(&mut **change).await?;
    let Some(repository) = row.map(|row| read(&row)).transpose()? else { return Ok(None) };
    for (key, value) in &new.tags {
        super::resource_tags::set(change, repository.id, key, value).await?;
    }
    if registry.is_public() {
        super::public::give_default_alias(change, &registry.account).await?;
    }
    Ok(Some(repository))
}

/// Reads a rule as the rows have it.
pub(super) fn read_mutability(name: &str, filters: &str) -> Result<Mutability> {
    let filters = serde_json::from_str(filters).map_err(|error| Error::Decode(error.into()))?;
    Mutability::parse(name, filters).ok_or_else(|| Error::Decode("mutability".into()))
}

fn written(mutability: &Mutability) -> String {
    serde_json::json!(mutability.exclusions).to_string()
}

fn read(row: &SqliteRow) -> Result<Repository> {
    Ok(Repository {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        created: row.try_get("created")?,
        mutability: read_mutability(row.try_get("mutability")?, row.try_get("mutability_filters")?)?,
        scan_on_push: row.try_get("scan_on_push")?,
        encryption: row.try_get("encryption")?,
    })
}
