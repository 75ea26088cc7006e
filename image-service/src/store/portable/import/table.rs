//! Many rows of a table by one statement.

use std::borrow::Cow;

use sqlx::{QueryBuilder, query_builder::Separated};

use super::{Connection, Database};

/// A statement: what stands before its rows, and behind them.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Table(pub(super) &'static str, pub(super) &'static str);

/// A row on its way into a table.
pub(super) type Row<'a> = (&'static Table, Vec<Value<'a>>);

/// Of one type in each column, whether or not there is anything in it.
pub(super) enum Value<'a> {
    Text(Option<Cow<'a, str>>),
    Bytes(Option<&'a [u8]>),
    Number(i64),
}

impl Table {
    pub(super) async fn insert(&self, connection: &mut Connection, rows: &[Row<'_>]) -> sqlx::Result<()> {
        let mut statement = QueryBuilder::<Database>::new(self.0);
        let its_own = rows.iter().filter(|(table, _)| *table == self);
        statement.push_values(its_own, |mut tuple, (_, values)| {
            values.iter().for_each(|value| value.add_to(&mut tuple));
        });
        statement.push(self.1).build().execute(connection).await.map(drop)
    }
}

impl Value<'_> {
    fn add_to(&self, tuple: &mut Separated<'_, Database, &'static str>) {
        match self {
            Self::Text(text) => tuple.push_bind(text.as_deref()),
            Self::Bytes(bytes) => tuple.push_bind(*bytes),
            Self::Number(number) => tuple.push_bind(*number),
        };
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Some(Cow::Borrowed(text)))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Some(Cow::Owned(text)))
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(text: &'a Option<String>) -> Self {
        Self::Text(text.as_deref().map(Cow::Borrowed))
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl<'a> From<Option<&'a [u8]>> for Value<'a> {
    fn from(bytes: Option<&'a [u8]>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}
