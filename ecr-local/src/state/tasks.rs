//! Tasks that were run. One that has stopped is forgotten after an hour.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use super::{Change, Result, State};
use crate::model::RegistryId;

/// In seconds.
const KEPT_STOPPED: i64 = 60 * 60;

/// A task that is to be recorded.
#[derive(Clone, Debug)]
pub(crate) struct NewTask {
    pub(crate) id: String,
    pub(crate) family: String,
    pub(crate) launch_type: String,
    pub(crate) started_by: Option<String>,
    /// In seconds since 1970, if it did not even start.
    pub(crate) stopped: Option<i64>,
    /// A JSON object, as it is described.
    pub(crate) document: String,
}

/// A task.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) number: i64,
    pub(crate) id: String,
    /// A digest of the call that ran it.
    pub(crate) request: String,
    pub(crate) stopped: Option<i64>,
    /// A JSON object, as it is described.
    pub(crate) document: String,
}

/// Which tasks are listed.
#[derive(Clone, Debug)]
pub(crate) struct TaskFilter<'f> {
    pub(crate) family: Option<&'f str>,
    pub(crate) started_by: Option<&'f str>,
    pub(crate) launch_type: Option<&'f str>,
    pub(crate) is_stopped: bool,
}

impl FromRow<'_, SqliteRow> for Task {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            number: row.try_get("number")?,
            id: row.try_get("id")?,
            request: row.try_get("request")?,
            stopped: row.try_get("stopped")?,
            document: row.try_get("document")?,
        })
    }
}

impl State {
    /// Records tasks of one call, unless there are some of the same client token: then gives these.
    pub(crate) async fn add_tasks(
        &self,
        registry: &RegistryId,
        client_token: Option<&str>,
        request: &str,
        tasks: &[NewTask],
    ) -> Result<Vec<Task>> {
        let mut change = self.change().await?;
        let forget = "DELETE FROM tasks WHERE stopped <= $1";
        sqlx::query(forget).bind(self.now() - KEPT_STOPPED).execute(&mut *change).await?;
        let known = of_token(&mut change, registry, client_token).await?;
        if known.is_empty() {
            let insert = "INSERT INTO tasks (account, region, id, family, launch_type, started_by, client_token, request, \
                 stopped, document) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
            for task in tasks {
                let query = sqlx::query(insert).bind(&*registry.account).bind(&*registry.region);
                let query = query.bind(&task.id).bind(&task.family).bind(&task.launch_type);
                let query = query.bind(&task.started_by).bind(client_token).bind(request);
                query.bind(task.stopped).bind(&task.document).execute(&mut *change).await?;
            }
        }
        change.commit().await?;
        Ok(known)
    }

    /// A task, if it runs or has not stopped long ago.
    pub(crate) async fn task(&self, registry: &RegistryId, id: &str) -> Result<Option<Task>> {
        let select = "SELECT number, id, request, stopped, document FROM tasks \
             WHERE account = $1 AND region = $2 AND id = $3 AND (stopped IS NULL OR stopped > $4)";
        let query = sqlx::query_as(select).bind(&*registry.account).bind(&*registry.region).bind(id);
        query.bind(self.now() - KEPT_STOPPED).fetch_optional(&self.reader).await
    }

    /// The tasks behind `last`, at most `count`, in the order in which they were run.
    pub(crate) async fn tasks(
        &self,
        registry: &RegistryId,
        filter: &TaskFilter<'_>,
        last: i64,
        count: u32,
    ) -> Result<Vec<Task>> {
        let select = "SELECT number, id, request, stopped, document FROM tasks \
             WHERE account = $1 AND region = $2 AND number > $3 \
             AND ($4 IS NULL OR family = $4) AND ($5 IS NULL OR started_by = $5) AND ($6 IS NULL OR launch_type = $6) \
             AND CASE WHEN $7 THEN stopped > $8 ELSE stopped IS NULL END ORDER BY number LIMIT $9";
        let query = sqlx::query_as(select).bind(&*registry.account).bind(&*registry.region).bind(last);
        let query = query.bind(filter.family).bind(filter.started_by).bind(filter.launch_type);
        let query = query.bind(filter.is_stopped).bind(self.now() - KEPT_STOPPED).bind(count);
        query.fetch_all(&self.reader).await
    }

    /// How many tasks run.
    pub(crate) async fn running_tasks(&self, registry: &RegistryId) -> Result<i64> {
        let select = "SELECT count(*) FROM tasks WHERE account = $1 AND region = $2 AND stopped IS NULL";
        let query = sqlx::query_scalar(select).bind(&*registry.account).bind(&*registry.region);
        query.fetch_one(&self.reader).await
    }

    /// Stops a task that runs, which is described differently from then on.
    pub(crate) async fn stop_task(&self, number: i64, document: &str) -> Result<()> {
        let update = "UPDATE tasks SET stopped = $2, document = $3 WHERE number = $1 AND stopped IS NULL";
        self.writer.execute(sqlx::query(update).bind(number).bind(self.now()).bind(document)).await.map(drop)
    }
}

async fn of_token(
    change: &mut Change,
    registry: &RegistryId,
    client_token: Option<&str>,
) -> Result<Vec<Task>> {
    let select = "SELECT number, id, request, stopped, document FROM tasks \
         WHERE account = $1 AND region = $2 AND client_token = $3 ORDER BY number";
    let query = sqlx::query_as(select).bind(&*registry.account).bind(&*registry.region).bind(client_token);
    query.fetch_all(&mut **change).await
}
