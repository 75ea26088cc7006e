//! Whose a database is, and how old.

use super::{Connection, TABLES, schema};
use crate::store::history::History;

/// What the database says of itself.
pub(in crate::store) async fn history(connection: &mut Connection) -> sqlx::Result<History> {
    let (tables, histories): (i64, i64) = sqlx::query_as(TABLES).fetch_one(&mut *connection).await?;
    if histories == 0 {
        return Ok(if tables == 0 { History::Empty } else { History::Foreign });
    }
    let select = "SELECT version, checksum FROM _sqlx_migrations ORDER BY version";
    let applied: Vec<(i64, Vec<u8>)> = sqlx::query_as(select).fetch_all(connection).await?;
    match History::of(&applied, &schema::migrations()) {
        History::Empty if tables > histories => Ok(History::Foreign),
        history => Ok(history),
    }
}
