//! Records that go in together: a way to the database and back for each of millions would take longer than all its work.

use std::mem::discriminant;

use sqlx::Connection as _;

use super::{Connection, table::Row, tables};
use crate::store::{TransferError, UpkeepError, transfer::Record};

/// With nine values in each, far fewer than a statement of either engine may have.
const MOST_RECORDS: usize = 500;
/// Of content. One record alone may have more.
const MOST_BYTES: usize = 4 << 20;

/// Some records of one kind, with their lines in the document.
#[derive(Debug, Default)]
pub(super) struct Batch {
    records: Vec<(u64, Record)>,
    bytes: usize,
}

impl Batch {
    /// Whether a record may go in with those that are here.
    pub(super) fn takes(&self, record: &Record) -> bool {
        let is_like = |(_, first): &(u64, Record)| discriminant(first) == discriminant(record);
        let has_room = self.records.len() < MOST_RECORDS && self.bytes + size(record) <= MOST_BYTES;
        self.records.first().is_none_or(|first| is_like(first) && has_room)
    }

    pub(super) fn add(&mut self, line: u64, record: Record) {
        self.bytes += size(&record);
        self.records.push((line, record));
    }

    /// Inserts what is here, and is empty again. A batch that points at nothing somewhere is undone and inserted record by record, which shows
    /// the one at fault.
    pub(super) async fn insert(&mut self, connection: &mut Connection) -> Result<(), UpkeepError> {
        let Self { records, .. } = std::mem::take(self);
        if records.is_empty() {
            return Ok(());
        }
        let mut attempt = connection.begin().await?;
        match insert(&mut attempt, &records).await {
            Err(fault) if dangles(&fault) => attempt.rollback().await?,
            Err(fault) => return Err(fault),
            Ok(()) => return Ok(attempt.commit().await?),
        }
        for alone in records.chunks(1) {
            insert(connection, alone).await.map_err(|fault| at_line(fault, alone))?;
        }
        Ok(())
    }
}

async fn insert(connection: &mut Connection, records: &[(u64, Record)]) -> Result<(), UpkeepError> {
    let mut rows: Vec<Row<'_>> = Vec::with_capacity(records.len());
    for (_, record) in records {
        rows.extend(tables::rows(record)?);
    }
    // Those of the first record name every table once, in the order in which they point at each other.
    for (table, _) in rows.iter().take(rows.len() / records.len()) {
        table.insert(connection, &rows).await?;
    }
    Ok(())
}

/// What the database refuses is the record's fault where it points at nothing.
fn at_line(fault: UpkeepError, alone: &[(u64, Record)]) -> UpkeepError {
    match alone {
        [(line, record)] if dangles(&fault) => {
            let why = format!("{record} points at something that is not in the export");
            TransferError::Line { line: *line, why }.into()
        }
        _ => fault,
    }
}

fn dangles(fault: &UpkeepError) -> bool {
    matches!(fault, UpkeepError::Database(sqlx::Error::Database(error)) if error.is_foreign_key_violation())
}

fn size(record: &Record) -> usize {
    match record {
        Record::Image(image) => image.config.0.len(),
        Record::Manifest(manifest) => manifest.content.0.len(),
        Record::Vector(vector) => vector.vector.0.len() + vector.layers.0.len(),
        _ => 0,
    }
}
