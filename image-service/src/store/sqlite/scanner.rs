//! Exact search: every vector of a namespace passes by, row by row, on a thread for blocking work. Nothing of a row is kept but what is among
//! the best. One scan at a time: each uses up a core, and two would not end sooner.

use std::{path::Path, sync::Arc};

use rusqlite::{Connection, OpenFlags, params_from_iter};
use tokio::sync::Mutex;

use super::portable::{Ranking, SCAN, ScannedRow};
use crate::error::{Error, Result};

/// A scan uses no page twice.
const CACHE_KIB: i64 = 1024;

/// The connection that scans; none once closed.
#[derive(Debug)]
pub(super) struct Scanner(Arc<Mutex<Option<Connection>>>);

impl Scanner {
    /// Opens a database that exists and has its schema.
    pub(super) fn open(database: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database, flags)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        Ok(Self(Arc::new(Mutex::new(Some(connection)))))
    }

    /// Has a ranking see every row. Those who wait for their turn hold no thread.
    pub(super) async fn rank(&self, values: Vec<String>, mut ranking: Ranking) -> Result<Ranking> {
        let connection = Arc::clone(&self.0).lock_owned().await;
        let scan = move || {
            let connection =
                connection.as_ref().ok_or_else(|| Error::StoreUnavailable("the store is closed".into()))?;
            see_all(connection, &values, &mut ranking)?;
            Ok(ranking)
        };
        tokio::task::spawn_blocking(scan).await.map_err(Error::internal)?
    }

    /// Waits for a scan that is under way. Every later one answers that the store is unavailable.
    pub(super) async fn close(&self) {
        drop(self.0.lock().await.take());
    }
}

fn see_all(connection: &Connection, values: &[String], ranking: &mut Ranking) -> Result<()> {
    let mut statement = connection.prepare_cached(SCAN)?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        let blob = |column| row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from);
        ranking.see(&ScannedRow { image: text(0)?, vector: blob(1)?, layers: blob(2)?, labels: text(3)? })?;
    }
    Ok(())
}
