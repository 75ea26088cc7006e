//! Backfills: copying to another registry what was pushed before there was a rule for it.

use sqlx::{Row, sqlite::SqliteRow};

use super::{Error, Result, State, replications::registry};
use crate::model::{BackfillStatus, RegistryId};

/// So many of a registry at once.
const MOST: i64 = 10;
/// So long after their end they are told of, in seconds.
const KEPT: i64 = 90 * 24 * 60 * 60;

/// A backfill.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Backfill {
    /// Later ones have higher numbers.
    pub(crate) seq: i64,
    pub(crate) id: String,
    pub(crate) source: RegistryId,
    pub(crate) to: RegistryId,
    pub(crate) status: BackfillStatus,
    pub(crate) failure: Option<String>,
    /// Seconds since 1970.
    pub(crate) started: i64,
    /// When what it does now was begun, in seconds since 1970.
    pub(crate) stepped: i64,
    /// Whether its images are known.
    pub(crate) is_prepared: bool,
    /// Seconds since 1970.
    pub(crate) ended: Option<i64>,
}

/// What became of a wish to start one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum StartOutcome {
    Started(Backfill),
    /// One is under way to the same Region.
    InProgress,
    TooMany,
}

impl State {
    /// Starts a backfill.
    pub(crate) async fn start_backfill(
        &self,
        source: &RegistryId,
        to: &RegistryId,
        id: &str,
    ) -> Result<StartOutcome> {
        let mut change = self.change().await?;
        let select = "SELECT count(*), count(*) FILTER (WHERE to_region = $3) FROM backfills \
             WHERE account = $1 AND region = $2 AND ended IS NULL";
        let query = sqlx::query_as(select).bind(&*source.account).bind(&*source.region).bind(&*to.region);
        let (all, same): (i64, i64) = query.fetch_one(&mut *change).await?;
        if same > 0 {
            return Ok(StartOutcome::InProgress);
        }
        if all >= MOST {
            return Ok(StartOutcome::TooMany);
        }
        let insert = "INSERT INTO backfills (id, account, region, to_account, to_region, status, started, stepped) \
             VALUES ($1, $2, $3, $4, $5, 'PREPARING', $6, $6) RETURNING *";
        let query = sqlx::query(insert).bind(id).bind(&*source.account).bind(&*source.region);
        let query = query.bind(&*to.account).bind(&*to.region).bind(self.now());
        let started = read(&query.fetch_one(&mut *change).await?)?;
        change.commit().await?;
        self.queue.notify_one();
        Ok(StartOutcome::Started(started))
    }

    /// A backfill of a registry.
    pub(crate) async fn backfill(&self, source: &RegistryId, id: &str) -> Result<Option<Backfill>> {
        let select = "SELECT * FROM backfills WHERE account = $1 AND region = $2 AND id = $3 AND coalesce(ended, $4) >= $4";
        let query = sqlx::query(select).bind(&*source.account).bind(&*source.region).bind(id);
        let row = query.bind(self.now() - KEPT).fetch_optional(&self.reader).await?;
        row.map(|row| read(&row)).transpose()
    }

    /// The backfills of a registry that came before one, at most `count`, the last one first.
    pub(crate) async fn backfills(
        &self,
        source: &RegistryId,
        before: i64,
        count: u32,
    ) -> Result<Vec<Backfill>> {
        let select = "SELECT * FROM backfills WHERE account = $1 AND region = $2 AND seq < $3 \
             AND coalesce(ended, $4) >= $4 ORDER BY seq DESC LIMIT $5";
        let query = sqlx::query(select).bind(&*source.account).bind(&*source.region).bind(before);
        let query = query.bind(self.now() - KEPT).bind(count);
        query.fetch_all(&self.reader).await?.iter().map(read).collect()
    }

    /// Backfills that began what they do until a time.
    pub(crate) async fn running_backfills(&self, until: i64) -> Result<Vec<Backfill>> {
        let select = "SELECT * FROM backfills WHERE ended IS NULL AND stepped <= $1 ORDER BY seq";
        sqlx::query(select).bind(until).fetch_all(&self.reader).await?.iter().map(read).collect()
    }

    /// Records what a backfill does now. One that somebody else has changed meanwhile stays as it is.
    pub(crate) async fn step_backfill(&self, was: &Backfill, is: &Backfill) -> Result<bool> {
        let update = "UPDATE backfills SET status = $2, failure = $3, stepped = $4, prepared = $5, ended = $6 \
             WHERE seq = $1 AND status = $7";
        let query = sqlx::query(update).bind(was.seq).bind(is.status.name()).bind(&is.failure);
        let query = query.bind(is.stepped).bind(is.is_prepared).bind(is.ended).bind(was.status.name());
        Ok(self.writer.execute(query).await? > 0)
    }

    /// Forgets backfills that ended long ago.
    pub(crate) async fn forget_old_backfills(&self) -> Result<()> {
        let delete = "DELETE FROM backfills WHERE ended < $1";
        self.writer.execute(sqlx::query(delete).bind(self.now() - KEPT)).await.map(drop)
    }
}

fn read(row: &SqliteRow) -> Result<Backfill> {
    let status = BackfillStatus::parse(row.try_get("status")?);
    Ok(Backfill {
        seq: row.try_get("seq")?,
        id: row.try_get("id")?,
        source: registry(row.try_get("account")?, row.try_get("region")?),
        to: registry(row.try_get("to_account")?, row.try_get("to_region")?),
        status: status.ok_or_else(|| Error::Decode("status of a backfill".into()))?,
        failure: row.try_get("failure")?,
        started: row.try_get("started")?,
        stepped: row.try_get("stepped")?,
        is_prepared: row.try_get("prepared")?,
        ended: row.try_get("ended")?,
    })
}
