//! Task definitions: families of revisions, none of which ever changes but for its status.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use super::{Result, State};
use crate::model::RegistryId;

/// A revision.
#[derive(Clone, Debug)]
pub(crate) struct TaskDefinition {
    pub(crate) family: String,
    pub(crate) revision: i64,
    /// `ACTIVE` or `INACTIVE`
    pub(crate) status: String,
    /// A JSON object: all that does not follow from the rest.
    pub(crate) document: String,
    /// A JSON array.
    pub(crate) tags: String,
}

impl FromRow<'_, SqliteRow> for TaskDefinition {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            family: row.try_get("family")?,
            revision: row.try_get("revision")?,
            status: row.try_get("status")?,
            document: row.try_get("document")?,
            tags: row.try_get("tags")?,
        })
    }
}

impl State {
    /// Adds a revision to a family, and gives its number.
    pub(crate) async fn register_task_definition(
        &self,
        registry: &RegistryId,
        family: &str,
        document: &str,
        tags: &str,
    ) -> Result<i64> {
        let insert = "INSERT INTO task_definitions (account, region, family, revision, status, document, tags) \
             SELECT $1, $2, $3, coalesce(max(revision), 0) + 1, 'ACTIVE', $4, $5 FROM task_definitions \
             WHERE account = $1 AND region = $2 AND family = $3 RETURNING revision";
        let query = sqlx::query_scalar(insert).bind(&*registry.account).bind(&*registry.region).bind(family);
        self.writer.run(|pool| query.bind(document).bind(tags).fetch_one(pool)).await
    }

    /// A revision, or the latest active one.
    pub(crate) async fn task_definition(
        &self,
        registry: &RegistryId,
        family: &str,
        revision: Option<i64>,
    ) -> Result<Option<TaskDefinition>> {
        let select = "SELECT family, revision, status, document, tags FROM task_definitions \
             WHERE account = $1 AND region = $2 AND family = $3 \
             AND CASE WHEN $4 IS NULL THEN status = 'ACTIVE' ELSE revision = $4 END ORDER BY revision DESC LIMIT 1";
        let query = sqlx::query_as(select).bind(&*registry.account).bind(&*registry.region).bind(family);
        query.bind(revision).fetch_optional(&self.reader).await
    }

    /// Makes a revision inactive, if it is active.
    pub(crate) async fn deregister_task_definition(
        &self,
        registry: &RegistryId,
        family: &str,
        revision: i64,
    ) -> Result<()> {
        let update = "UPDATE task_definitions SET status = 'INACTIVE', \
             document = json_set(document, '$.deregisteredAt', $5) \
             WHERE account = $1 AND region = $2 AND family = $3 AND revision = $4 AND status = 'ACTIVE'";
        let query = sqlx::query(update).bind(&*registry.account).bind(&*registry.region).bind(family);
        self.writer.execute(query.bind(revision).bind(self.now())).await.map(drop)
    }

    /// The revisions of a status behind `last`, of one family or of all, at most `count`.
    pub(crate) async fn task_definitions(
        &self,
        registry: &RegistryId,
        family: Option<&str>,
        status: &str,
        last: Option<&(String, i64)>,
        is_descending: bool,
        count: u32,
    ) -> Result<Vec<(String, i64)>> {
        let select = match is_descending {
            false => {
                "SELECT family, revision FROM task_definitions WHERE account = $1 AND region = $2 \
                 AND ($3 IS NULL OR family = $3) AND status = $4 AND ($5 IS NULL OR (family, revision) > ($5, $6)) \
                 ORDER BY family, revision LIMIT $7"
            }
            true => {
                "SELECT family, revision FROM task_definitions WHERE account = $1 AND region = $2 \
                 AND ($3 IS NULL OR family = $3) AND status = $4 AND ($5 IS NULL OR (family, revision) < ($5, $6)) \
                 ORDER BY family DESC, revision DESC LIMIT $7"
            }
        };
        let query = sqlx::query_as(select).bind(&*registry.account).bind(&*registry.region);
        let query = query.bind(family).bind(status).bind(last.map(|(family, _)| family));
        query.bind(last.map(|(_, revision)| revision)).bind(count).fetch_all(&self.reader).await
    }
}
