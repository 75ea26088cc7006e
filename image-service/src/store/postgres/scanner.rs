//! Exact search: every vector of a namespace passes by, row by row, and nothing of a row is kept but what is among the best.
//!
//! Each scan has a connection for its whole length, and look-ups need the others: few scans run at once, and who waits for a turn holds none.

use std::time::Duration;

use futures_util::TryStreamExt;
use tokio::{sync::Semaphore, time::timeout};

use super::{
    Pool,
    portable::{Ranking, SCAN, ScannedRow},
};
use crate::error::{Error, Result};

/// Scans at once, where there are connections enough.
const MOST: u32 = 2;
/// For a turn; a scan takes less than a statement may.
const PATIENCE: Duration = Duration::from_secs(10);

type Row = (String, Vec<u8>, Vec<u8>, String);

/// Scans on connections that it shares with look-ups.
#[derive(Debug)]
pub(super) struct Scanner {
    pool: Pool,
    turns: Semaphore,
}

impl Scanner {
    pub(super) fn new(pool: Pool) -> Self {
        let turns = (pool.options().get_max_connections() / 2).clamp(1, MOST);
        Self { pool, turns: Semaphore::new(turns as usize) }
    }

    /// Has a ranking see every row.
    pub(super) async fn rank(&self, values: Vec<String>, mut ranking: Ranking) -> Result<Ranking> {
        let late = |_| Error::Busy { what: "other searches", waited: PATIENCE };
        let _turn = timeout(PATIENCE, self.turns.acquire()).await.map_err(late)?.map_err(Error::internal)?;
        let query = values.into_iter().fold(sqlx::query_as::<_, Row>(SCAN), sqlx::query::QueryAs::bind);
        let mut rows = query.fetch(&self.pool);
        while let Some((image, vector, layers, labels)) = rows.try_next().await? {
            ranking.see(&ScannedRow { image: &image, vector: &vector, layers: &layers, labels: &labels })?;
        }
        drop(rows);
        Ok(ranking)
    }

    /// The connections are the store's, which closes them.
    pub(super) async fn close(&self) {}
}
