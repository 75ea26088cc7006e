//! Scans of images: begun and found. What one comes to is in its script.

use sqlx::Row;

use super::{Change, Error, Result, SCANNING, State, seconds};
use crate::model::{RegistryId, SCANNABLE, ScanFrequency, ScanKind, ScanningConfiguration};

/// An image is scanned once in so many seconds by basic scanning.
const QUOTA: i64 = 24 * 60 * 60;
/// So many repositories are looked at in one go.
const BATCH: u32 = 500;

/// The last scan of an image by one kind of scanning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ScanRow {
    pub(crate) digest: String,
    /// In seconds since 1970.
    pub(crate) started: i64,
    /// In seconds since 1970; nothing if it is held back.
    pub(crate) ends: Option<i64>,
    /// A JSON object, if there is a script.
    pub(crate) outcome: Option<String>,
}

/// When a scan is to begin and to end, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    started: i64,
    ends: i64,
}

/// What became of the wish to scan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Begun {
    Begun,
    /// The image was scanned lately.
    TooSoon,
}

impl State {
    /// Begins a scan by basic scanning.
    pub(crate) async fn begin_scan(&self, repository: i64, digest: &str) -> Result<Begun> {
        let mut change = self.change().await?;
        let begun =
            begin_in(&mut change, repository, digest, ScanKind::Basic, self.scan_from(self.now())).await?;
        change.commit().await?;
        Ok(begun)
    }

    /// A scan that begins at a time in seconds since 1970.
    pub(super) fn scan_from(&self, started: i64) -> Span {
        Span { started, ends: started.saturating_add(seconds(self.pace.scan)) }
    }

    /// The last scans of some images of a repository by one kind of scanning, in no order.
    pub(crate) async fn scans(
        &self,
        repository: i64,
        kind: ScanKind,
        digests: &[&str],
    ) -> Result<Vec<ScanRow>> {
        let select = "SELECT s.manifest, s.started, \
             CASE WHEN EXISTS (SELECT 1 FROM scan_scripts c WHERE c.account = r.account AND c.region = r.region \
              AND c.repository IN ('', r.name) AND c.digest IN ('', s.manifest) AND c.held < s.ends) THEN NULL ELSE s.ends END, \
             (SELECT c.outcome FROM scan_scripts c WHERE c.account = r.account AND c.region = r.region \
              AND c.repository IN ('', r.name) AND c.digest IN ('', s.manifest) AND c.outcome IS NOT NULL \
              ORDER BY c.digest = '', c.repository = '' LIMIT 1) \
             FROM scans s JOIN repositories r ON r.id = s.repository \
             WHERE s.repository = $1 AND s.kind = $2 AND s.manifest IN (SELECT value FROM json_each($3))";
        let digests = serde_json::json!(digests).to_string();
        let query = sqlx::query(select).bind(repository).bind(kind.name()).bind(digests);
        let rows = query.fetch_all(&self.reader).await?;
        let read = rows.iter().map(|row| {
            Ok(ScanRow {
                digest: row.try_get(0)?,
                started: row.try_get(1)?,
                ends: row.try_get(2)?,
                outcome: row.try_get(3)?,
            })
        });
        read.collect()
    }

    /// Sets how a registry is scanned. Enhanced scanning takes up what is there.
    pub(crate) async fn set_scanning(
        &self,
        registry: &RegistryId,
        configuration: &ScanningConfiguration,
    ) -> Result<()> {
        let mut change = self.change().await?;
        let value = serde_json::to_string(configuration).map_err(|error| Error::Decode(error.into()))?;
        let upsert = "INSERT INTO registry_settings (account, region, name, value) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (account, region, name) DO UPDATE SET value = excluded.value";
        let query = sqlx::query(upsert).bind(&*registry.account).bind(&*registry.region);
        query.bind(SCANNING).bind(value).execute(&mut *change).await?;
        if configuration.scan_type == ScanKind::Enhanced {
            take_up(&mut change, registry, configuration, self.scan_from(self.now())).await?;
        }
        change.commit().await
    }
}

/// Begins a scan, unless there was one lately.
pub(super) async fn begin_in(
    change: &mut Change,
    repository: i64,
    digest: &str,
    kind: ScanKind,
    scan: Span,
) -> Result<Begun> {
    let upsert = "INSERT INTO scans (repository, manifest, kind, started, ends) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (repository, manifest, kind) DO UPDATE SET started = excluded.started, ends = excluded.ends \
         WHERE scans.started <= $6";
    let query = sqlx::query(upsert).bind(repository).bind(digest).bind(kind.name());
    let query = query.bind(scan.started).bind(scan.ends).bind(scan.started.saturating_sub(QUOTA));
    let begun = query.execute(&mut **change).await?.rows_affected() > 0;
    Ok(if begun { Begun::Begun } else { Begun::TooSoon })
}

/// Begins what enhanced scanning finds when it is turned on.
async fn take_up(
    change: &mut Change,
    registry: &RegistryId,
    configuration: &ScanningConfiguration,
    scan: Span,
) -> Result<()> {
    let select = "SELECT id, name FROM repositories WHERE account = $1 AND region = $2 AND id > $3 ORDER BY id LIMIT $4";
    let mut last = 0;
    loop {
        let query = sqlx::query_as(select).bind(&*registry.account).bind(&*registry.region);
        let page: Vec<(i64, String)> = query.bind(last).bind(BATCH).fetch_all(&mut **change).await?;
        let Some((id, _)) = page.last() else { return Ok(()) };
        last = *id;
        for (repository, name) in page {
            if configuration.for_repository(&name, false).0 != ScanFrequency::Manual {
                take_up_repository(change, repository, scan).await?;
            }
        }
    }
}

async fn take_up_repository(change: &mut Change, repository: i64, scan: Span) -> Result<()> {
    let insert = "INSERT INTO scans (repository, manifest, kind, started, ends) \
         SELECT repository, digest, $2, $3, $4 FROM manifests \
         WHERE repository = $1 AND artifact_type IN (SELECT value FROM json_each($5)) ON CONFLICT DO NOTHING";
    let types = serde_json::json!(SCANNABLE).to_string();
    let query = sqlx::query(insert).bind(repository).bind(ScanKind::Enhanced.name());
    let query = query.bind(scan.started).bind(scan.ends).bind(types);
    query.execute(&mut **change).await.map(drop)
}
