//! Creation templates: what a registry makes repositories of that nobody made.

use sqlx::{Row, sqlite::SqliteRow};

use super::{Error, NewRepository, Repository, Result, State, repository::set_up};
use crate::model::{Purpose, RegistryId, RepositoryName};

/// A creation template.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) prefix: String,
    /// A JSON object, as clients gave it.
    pub(crate) document: String,
    /// Seconds since 1970.
    pub(crate) created: i64,
    /// Seconds since 1970.
    pub(crate) updated: i64,
}

impl State {
    /// Makes a template. Nothing if there is one for the prefix.
    pub(crate) async fn create_template(
        &self,
        registry: &RegistryId,
        prefix: &str,
        document: &str,
        repository: &NewRepository,
    ) -> Result<Option<Template>> {
        let insert = "INSERT INTO creation_templates (account, region, prefix, document, repository, created, updated) \
             VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING RETURNING prefix, document, created, updated";
        let query = sqlx::query(insert).bind(&*registry.account).bind(&*registry.region).bind(prefix);
        let query = query.bind(document).bind(written(repository)?).bind(self.now());
        self.writer.run(|pool| query.fetch_optional(pool)).await?.map(|row| read(&row)).transpose()
    }

    /// Changes a template. Nothing if there is none for the prefix.
    pub(crate) async fn update_template(
        &self,
        registry: &RegistryId,
        prefix: &str,
        document: &str,
        repository: &NewRepository,
    ) -> Result<Option<Template>> {
        let update = "UPDATE creation_templates SET document = $4, repository = $5, updated = $6 \
             WHERE account = $1 AND region = $2 AND prefix = $3 RETURNING prefix, document, created, updated";
        let query = sqlx::query(update).bind(&*registry.account).bind(&*registry.region).bind(prefix);
        let query = query.bind(document).bind(written(repository)?).bind(self.now());
        self.writer.run(|pool| query.fetch_optional(pool)).await?.map(|row| read(&row)).transpose()
    }

    /// Takes a template away, and gives what it was.
    pub(crate) async fn delete_template(
        &self,
        registry: &RegistryId,
        prefix: &str,
    ) -> Result<Option<Template>> {
        let delete = "DELETE FROM creation_templates WHERE account = $1 AND region = $2 AND prefix = $3 \
             RETURNING prefix, document, created, updated";
        let query = sqlx::query(delete).bind(&*registry.account).bind(&*registry.region).bind(prefix);
        self.writer.run(|pool| query.fetch_optional(pool)).await?.map(|row| read(&row)).transpose()
    }

    /// A template.
    pub(crate) async fn template(&self, registry: &RegistryId, prefix: &str) -> Result<Option<Template>> {
        let select = "SELECT prefix, document, created, updated FROM creation_templates \
             WHERE account = $1 AND region = $2 AND prefix = $3";
        let query = sqlx::query(select).bind(&*registry.account).bind(&*registry.region).bind(prefix);
        query.fetch_optional(&self.reader).await?.map(|row| read(&row)).transpose()
    }

    /// The templates behind `last`, at most `count`, sorted by prefix.
    pub(crate) async fn templates(
        &self,
        registry: &RegistryId,
        last: &str,
        count: u32,
    ) -> Result<Vec<Template>> {
        let select = "SELECT prefix, document, created, updated FROM creation_templates \
             WHERE account = $1 AND region = $2 AND prefix > $3 ORDER BY prefix LIMIT $4";
        let query = sqlx::query(select).bind(&*registry.account).bind(&*registry.region).bind(last);
        query.bind(count).fetch_all(&self.reader).await?.iter().map(read).collect()
    }

    /// Makes a repository that is missing as the template for it says, which is the one with the longest prefix. Nothing if there is no
    /// template, or a repository meanwhile.
    pub(crate) async fn create_by_template(
        &self,
        registry: &RegistryId,
        name: &RepositoryName,
        purpose: Purpose,
    ) -> Result<Option<Repository>> {
        let select = "SELECT repository FROM creation_templates WHERE account = $1 AND region = $2 \
             AND (prefix = 'ROOT' OR substr($3, 1, length(prefix) + 1) = prefix || '/') \
             AND EXISTS (SELECT 1 FROM json_each(document, '$.appliedFor') WHERE value = $4) \
             ORDER BY prefix = 'ROOT', length(prefix) DESC LIMIT 1";
        let mut change = self.change().await?;
        let query = sqlx::query_scalar(select).bind(&*registry.account).bind(&*registry.region);
        let query = query.bind(name.as_str()).bind(purpose.name());
        let Some(found): Option<String> = query.fetch_optional(&mut *change).await? else { return Ok(None) };
        let new = serde_json::from_str(&found).map_err(|error| Error::Decode(error.into()))?;
        let made = set_up(&mut change, registry, name, &new, self.now()).await?;
        change.commit().await?;
        Ok(made)
    }

    /// The id of a repository, which is made if it is missing: as a template says, else with the defaults.
    pub(crate) async fn repository_for(
        &self,
        registry: &RegistryId,
        name: &RepositoryName,
        purpose: Purpose,
    ) -> Result<i64> {
        if let Some(repository) = self.repository(registry, name).await? {
            return Ok(repository);
        }
        match self.create_by_template(registry, name, purpose).await? {
            Some(made) => Ok(made.id),
            None => self.create_repository(registry, name).await,
        }
    }
}

fn written(repository: &NewRepository) -> Result<String> {
    serde_json::to_string(repository).map_err(|error| Error::Encode(error.into()))
}

fn read(row: &SqliteRow) -> Result<Template> {
    Ok(Template {
        prefix: row.try_get(0)?,
        document: row.try_get(1)?,
        created: row.try_get(2)?,
        updated: row.try_get(3)?,
    })
}
