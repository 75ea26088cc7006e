//! Exact search: every vector of a namespace passes by, row by row, and nothing of a row is kept but what is among the best.

use futures_util::TryStreamExt;

use super::{
    Pool,
    portable::{Ranking, SCAN, ScannedRow},
};
use crate::error::Result;

type Row = (String, Vec<u8>, Vec<u8>, String);

/// Scans on any free connection.
#[derive(Debug)]
pub(super) struct Scanner(pub(super) Pool);

impl Scanner {
    /// Has a ranking see every row.
    pub(super) async fn rank(&self, values: Vec<String>, mut ranking: Ranking) -> Result<Ranking> {
        let query = values.into_iter().fold(sqlx::query_as::<_, Row>(SCAN), sqlx::query::QueryAs::bind);
        let mut rows = query.fetch(&self.0);
        while let Some((image, vector, layers, labels)) = rows.try_next().await? {
            ranking.see(&ScannedRow { image: &image, vector: &vector, layers: &layers, labels: &labels })?;
        }
        drop(rows);
        Ok(ranking)
    }

    /// The connections are the store's, which closes them.
    pub(super) async fn close(&self) {}
}
