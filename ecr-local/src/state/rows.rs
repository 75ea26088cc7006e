//! Rows as they are, for documents that hold a whole state: those of the tables in `seeded_tables`.
//!
//! Invariant: a row is read in only if this version could have written it.

use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;

use super::{Error, Result, State};
use crate::model::{BackfillStatus, Digest, UpstreamKind};

/// A table whose rows are told and taken as they are.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// Whether its rows belong to a repository, which they do not name themselves.
    pub(crate) is_of_repository: bool,
    pub(super) columns: &'static [Column],
    /// What makes two rows the same; all columns, if it is empty.
    pub(super) key: &'static [&'static str],
    pub(super) order: &'static str,
}

/// One of their columns.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) is_optional: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Account,
    /// Another row, of `backfills`, by its id.
    Backfill,
    Digest,
    Flag,
    Json,
    Number,
    Status,
    Text,
    Upstream,
    Word(&'static [&'static str]),
}

/// Why a row is not taken.
#[derive(Debug)]
pub(crate) enum RowError {
    Invalid(String),
    Database(Error),
}

impl State {
    /// Rows of a table, of one repository if they belong to any, from a position on, at most `count`.
    pub(crate) async fn rows(
        &self,
        table: &Table,
        repository: i64,
        from: u32,
        count: u32,
    ) -> Result<Vec<Value>> {
        let query = sqlx::query_scalar(AssertSqlSafe(table.select())).bind(count).bind(from).bind(repository);
        let found: Vec<String> = query.fetch_all(&self.reader).await?;
        let read = |text: &String| serde_json::from_str(text).map_err(|error| Error::Decode(error.into()));
        found.iter().map(read).collect()
    }

    /// Takes a row. One that is the same is replaced.
    pub(crate) async fn keep_row(
        &self,
        table: &Table,
        repository: i64,
        row: &Map<String, Value>,
    ) -> std::result::Result<(), RowError> {
        table.check(row).map_err(RowError::Invalid)?;
        let text = Value::from(row.clone()).to_string();
        let query = sqlx::query(AssertSqlSafe(table.insert())).bind(text).bind(repository);
        match self.writer.execute(query).await {
            Ok(_) => Ok(()),
            Err(Error::Database(error)) if error.is_check_violation() || error.is_foreign_key_violation() => {
                Err(RowError::Invalid("it refers to what is not there".to_owned()))
            }
            Err(error) => Err(RowError::Database(error)),
        }
    }

    /// Lets go on what rows have brought.
    pub(crate) async fn wake(&self) -> Result<()> {
        self.look_for_rules().await?;
        self.queue.notify_one();
        Ok(())
    }
}

impl Table {
    fn select(&self) -> String {
        let member = |column: &Column| format!("'{}', {}", column.name, column.told());
        let members = self.columns.iter().map(member).collect::<Vec<_>>().join(", ");
        let condition = if self.is_of_repository { "repository = $3" } else { "$3 IS NOT NULL" };
        let (name, order) = (self.name, self.order);
        format!(
            "SELECT json_object({members}) FROM {name} t WHERE {condition} ORDER BY {order} LIMIT $1 OFFSET $2"
        )
    }

    fn insert(&self) -> String {
        let own = self.is_of_repository.then_some(("repository", "$2".to_owned()));
        let given = self.columns.iter().map(|column| (column.name, column.taken()));
        let (names, values): (Vec<_>, Vec<_>) = own.into_iter().chain(given).unzip();
        let same = names.iter().zip(&values).map(|(name, value)| format!("{name} IS {value}"));
        let same = same.collect::<Vec<_>>().join(" AND ");
        let others = names.iter().filter(|name| !self.key.contains(name));
        let others = others.map(|name| format!("{name} = excluded.{name}")).collect::<Vec<_>>().join(", ");
        let (name, key) = (self.name, self.key.join(", "));
        let ending = match (self.key.is_empty(), others.is_empty()) {
            (true, _) => format!("WHERE NOT EXISTS (SELECT 1 FROM {name} WHERE {same})"),
            (_, true) => "WHERE true ON CONFLICT DO NOTHING".to_owned(),
            _ => format!("WHERE true ON CONFLICT ({key}) DO UPDATE SET {others}"),
        };
        format!("INSERT INTO {name} ({}) SELECT {} {ending}", names.join(", "), values.join(", "))
    }

    fn check(&self, row: &Map<String, Value>) -> std::result::Result<(), String> {
        if let Some(unknown) = row.keys().find(|name| self.columns.iter().all(|column| column.name != **name))
        {
            return Err(format!("there is no {unknown}"));
        }
        let wrong =
            self.columns.iter().find(|column| !column.takes(row.get(column.name).unwrap_or(&Value::Null)));
        wrong.map_or(Ok(()), |column| Err(format!("{} is missing, or cannot be so", column.name)))
    }
}

impl Column {
    fn told(&self) -> String {
        match self.kind {
            Kind::Backfill => format!("(SELECT b.id FROM backfills b WHERE b.seq = t.{})", self.name),
            _ => self.name.to_owned(),
        }
    }

    fn taken(&self) -> String {
        let value = format!("json_extract($1, '$.{}')", self.name);
        match self.kind {
            Kind::Backfill => format!("(SELECT seq FROM backfills WHERE id = {value})"),
            _ => value,
        }
    }

    fn takes(&self, value: &Value) -> bool {
        let text = value.as_str();
        if value.is_null() {
            return self.is_optional;
        }
        match self.kind {
            Kind::Account => {
                text.is_some_and(|text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()))
            }
            Kind::Digest => text.is_some_and(|text| text.parse::<Digest>().is_ok()),
            Kind::Flag => value.as_u64().is_some_and(|flag| flag < 2) || value.is_boolean(),
            Kind::Json => text.is_some_and(|text| serde_json::from_str::<Value>(text).is_ok()),
            Kind::Number => value.is_i64(),
            Kind::Status => text.and_then(BackfillStatus::parse).is_some(),
            Kind::Upstream => text.and_then(UpstreamKind::parse).is_some(),
            Kind::Word(words) => text.is_some_and(|text| words.contains(&text)),
            Kind::Text | Kind::Backfill => value.is_string(),
        }
    }
}
