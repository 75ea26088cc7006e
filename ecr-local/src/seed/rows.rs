//! Rows of a document: taken, and told.

use std::collections::BTreeMap;

use serde_json::Value;

use super::SeedError;
use crate::{
    state::{RowError, TABLES, Table},
    store::Store,
};

/// As many are read at once.
const BATCH: u32 = 100;

type Rows = BTreeMap<String, Vec<Value>>;

impl Store {
    /// Takes rows: those of registries, or those of a repository.
    pub(super) async fn import_rows(&self, repository: Option<i64>, rows: &Rows) -> Result<(), SeedError> {
        let here = |table: &&Table| table.is_of_repository == repository.is_some();
        let known = |name: &str| TABLES.iter().filter(here).any(|table| table.name == name);
        if let Some(unknown) = rows.keys().find(|name| !known(name)) {
            return Err(SeedError::at(unknown, "no rows of this name are taken here"));
        }
        for table in TABLES.iter().filter(here) {
            let of_table = rows.get(table.name).map(Vec::as_slice).unwrap_or_default();
            for (number, row) in of_table.iter().enumerate() {
                let kept = self.import_row(table, repository.unwrap_or_default(), row).await;
                kept.map_err(|error| error.within(|| format!("{} {}", table.name, number + 1)))?;
            }
        }
        Ok(())
    }

    async fn import_row(&self, table: &Table, repository: i64, row: &Value) -> Result<(), SeedError> {
        let row = row.as_object().ok_or_else(|| SeedError::at("row", "it is no object"))?;
        self.state.keep_row(table, repository, row).await.map_err(|error| match error {
            RowError::Invalid(why) => SeedError::at("row", why),
            RowError::Database(error) => error.into(),
        })
    }

    /// Tells rows: those of registries, or those of a repository. Tables without any are left out.
    pub(super) async fn export_rows(&self, repository: Option<i64>) -> Result<Rows, SeedError> {
        let mut rows = Rows::new();
        for table in TABLES.iter().filter(|table| table.is_of_repository == repository.is_some()) {
            let mut all = Vec::new();
            loop {
                let from = u32::try_from(all.len()).unwrap_or(u32::MAX);
                let batch = self.state.rows(table, repository.unwrap_or_default(), from, BATCH).await?;
                if batch.is_empty() {
                    break;
                }
                all.extend(batch);
            }
            if !all.is_empty() {
                rows.insert(table.name.to_owned(), all);
            }
        }
        Ok(rows)
    }
}
