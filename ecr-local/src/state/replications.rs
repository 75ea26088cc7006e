//! Images that are on their way to other registries, or arrived there.

use sqlx::Row;

use super::{Change, Error, Result, State};
use crate::model::{RegistryId, ReplicationConfiguration};

/// The name of the setting.
pub(crate) const REPLICATION: &str = "replication";

/// An image on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Replication {
    /// Where it comes from.
    pub(crate) repository: i64,
    pub(crate) source: RegistryId,
    pub(crate) name: String,
    pub(crate) digest: String,
    /// Empty if it was pushed without.
    pub(crate) tag: String,
    /// Where it goes.
    pub(crate) to: RegistryId,
}

/// How far an image is on its way to a registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReplicationStatus {
    pub(crate) to: RegistryId,
    /// As the interface calls it.
    pub(crate) status: String,
    pub(crate) failure: Option<String>,
}

impl State {
    /// The rules of a registry.
    pub(crate) async fn replication(&self, registry: &RegistryId) -> Result<ReplicationConfiguration> {
        let found = self.registry_setting(registry, REPLICATION).await?;
        found.map(|text| parse(&text)).transpose().map(Option::unwrap_or_default)
    }

    /// Images that were queued until a time, at most `count`.
    pub(crate) async fn queued_replications(&self, until: i64, count: u32) -> Result<Vec<Replication>> {
        let select = "SELECT q.repository, r.account, r.region, r.name, q.manifest, q.tag, q.account, q.region \
             FROM replications q JOIN repositories r ON r.id = q.repository \
             WHERE q.status = 'IN_PROGRESS' AND q.queued <= $1 ORDER BY q.queued LIMIT $2";
        let rows = sqlx::query(select).bind(until).bind(count).fetch_all(&self.reader).await?;
        let read = |row: sqlx::sqlite::SqliteRow| {
            Ok(Replication {
                repository: row.try_get(0)?,
                source: registry(row.try_get(1)?, row.try_get(2)?),
                name: row.try_get(3)?,
                digest: row.try_get(4)?,
                tag: row.try_get(5)?,
                to: registry(row.try_get(6)?, row.try_get(7)?),
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Notes that an image has arrived, or why it has not.
    pub(crate) async fn note_replication(&self, of: &Replication, failure: Option<&str>) -> Result<()> {
        let upsert = "INSERT INTO replications (repository, manifest, tag, account, region, status, failure, queued) \
             SELECT repository, digest, $3, $4, $5, $6, $7, $8 FROM manifests WHERE repository = $1 AND digest = $2 \
             ON CONFLICT (repository, manifest, tag, account, region) \
             DO UPDATE SET status = excluded.status, failure = excluded.failure";
        let status = if failure.is_some() { "FAILED" } else { "COMPLETE" };
        let query = sqlx::query(upsert).bind(of.repository).bind(&of.digest).bind(&of.tag);
        let query = query.bind(&*of.to.account).bind(&*of.to.region).bind(status).bind(failure);
        self.writer.execute(query.bind(self.now())).await.map(drop)
    }

    /// How far an image is, for each registry that it goes to.
    pub(crate) async fn replication_statuses(
        &self,
        repository: i64,
        digest: &str,
    ) -> Result<Vec<ReplicationStatus>> {
        let select = "SELECT account, region, CASE WHEN max(status = 'IN_PROGRESS') THEN 'IN_PROGRESS' \
             WHEN max(status = 'FAILED') THEN 'FAILED' ELSE 'COMPLETE' END, max(failure) FROM replications \
             WHERE repository = $1 AND manifest = $2 GROUP BY account, region ORDER BY account, region";
        let query = sqlx::query_as(select).bind(repository).bind(digest);
        let rows: Vec<(String, String, String, Option<String>)> = query.fetch_all(&self.reader).await?;
        let read = |(account, region, status, failure)| ReplicationStatus {
            to: registry(account, region),
            status,
            failure,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// When the oldest thing was queued that is not done yet, if there is any.
    pub(crate) async fn next_queued(&self) -> Result<Option<i64>> {
        let select = "SELECT min(queued) FROM (SELECT queued FROM replications WHERE status = 'IN_PROGRESS' UNION ALL \
             SELECT queued FROM replicated_deletions UNION ALL SELECT stepped FROM backfills WHERE ended IS NULL)";
        sqlx::query_scalar(select).fetch_one(&self.reader).await
    }
}

/// Queues a push of an image within a change that is under way. Whether it goes anywhere.
pub(super) async fn queue_push<'t>(
    change: &mut Change,
    repository: i64,
    digest: &str,
    tags: impl Iterator<Item = &'t str> + Clone,
    now: i64,
) -> Result<bool> {
    let Some(source) = source(change, repository).await? else { return Ok(false) };
    let destinations = source.rules.destinations_of(&source.name);
    for to in &destinations {
        // What became of earlier pushes says nothing of this one.
        let forget = "DELETE FROM replications WHERE repository = $1 AND manifest = $2 AND account = $3 AND region = $4 \
             AND status <> 'IN_PROGRESS'";
        let query = sqlx::query(forget).bind(repository).bind(digest);
        query.bind(&*to.account).bind(&*to.region).execute(&mut **change).await?;
        for tag in tags.clone() {
            let insert = "INSERT INTO replications (repository, manifest, tag, account, region, status, queued) \
                 VALUES ($1, $2, $3, $4, $5, 'IN_PROGRESS', $6) ON CONFLICT DO NOTHING";
            let query = sqlx::query(insert).bind(repository).bind(digest).bind(tag);
            query.bind(&*to.account).bind(&*to.region).bind(now).execute(&mut **change).await?;
        }
    }
    Ok(!destinations.is_empty())
}

/// A repository whose registry has rules.
pub(super) struct Source {
    pub(super) registry: RegistryId,
    pub(super) name: String,
    pub(super) rules: ReplicationConfiguration,
}

/// Nothing if its registry has no rules.
pub(super) async fn source(change: &mut Change, repository: i64) -> Result<Option<Source>> {
    let select = "SELECT r.account, r.region, r.name, s.value FROM repositories r JOIN registry_settings s \
         ON s.account = r.account AND s.region = r.region AND s.name = $2 WHERE r.id = $1";
    let query = sqlx::query_as(select).bind(repository).bind(REPLICATION);
    let row: Option<(String, String, String, String)> = query.fetch_optional(&mut **change).await?;
    let read = |(account, region, name, rules): (_, _, _, String)| {
        Ok(Source { registry: registry(account, region), name, rules: parse(&rules)? })
    };
    row.map(read).transpose()
}

pub(super) fn registry(account: String, region: String) -> RegistryId {
    RegistryId { account: account.into(), region: region.into() }
}

fn parse(text: &str) -> Result<ReplicationConfiguration> {
    serde_json::from_str(text).map_err(|error| Error::Decode(error.into()))
}
