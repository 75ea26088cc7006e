//! The one place where the database's errors become the domain's.

use sqlx::postgres::PgDatabaseError;

use crate::error::Error;

/// SQLite's primary result codes for what passes, or what an operator can mend: busy, locked, read-only, input/output, full,
/// cannot open.
const UNAVAILABLE: [i32; 6] = [5, 6, 8, 10, 13, 14];

/// Postgres's classes and states of the same kind: connection, transaction that has failed, rolled back for another, resources, lock not
/// had, ended by an operator or by a time-out, read-only, system.
const STATES: [&str; 9] = ["08", "25P02", "40", "53", "55P03", "57P", "57014", "25006", "58"];

/// SQLite's primary result codes for a file that is not what was written: corrupt, not a database.
const DAMAGE: [i32; 2] = [11, 26];
/// Postgres's states: data corrupted, index corrupted.
const DAMAGE_STATES: [&str; 2] = ["XX001", "XX002"];

/// Postgres's states for a connection that an operator or a crash ends.
const LOST: [&str; 2] = ["57P01", "57P02"];

/// Postgres's states for a failed serialisation and a deadlock.
const UNDONE: [&str; 2] = ["40001", "40P01"];

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if is_unavailable(&error) {
            Self::StoreUnavailable(error.into())
        } else if is_damage(&error) {
            Self::internal(damaged(&error))
        } else {
            Self::internal(error)
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error().map(|error| error.extended_code) {
            Some(code) if is_passing(code) => Self::StoreUnavailable(error.into()),
            Some(code) if is_damaged(code) => Self::internal(damaged(&error)),
            _ => Self::internal(error),
        }
    }
}

/// Whether the database does not answer, or does for now not do what it is asked.
pub(super) fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => true,
        // A certificate that is not trusted comes as invalid data, and stays so.
        sqlx::Error::Io(error) => error.kind() != std::io::ErrorKind::InvalidData,
        sqlx::Error::Database(error) => match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => STATES.iter().any(|state| error.code().starts_with(state)),
            None => error.code().and_then(|code| code.parse().ok()).is_some_and(is_passing),
        },
        _ => false,
    }
}

/// Whether the database is not what was written.
pub(super) fn is_damage(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    match error.try_downcast_ref::<PgDatabaseError>() {
        Some(error) => DAMAGE_STATES.contains(&error.code()),
        None => error.code().and_then(|code| code.parse().ok()).is_some_and(is_damaged),
    }
}

/// Whether the connection is gone, and with it what was asked on it.
pub(super) fn is_lost(error: &Error) -> bool {
    let Error::StoreUnavailable(cause) = error else { return false };
    match cause.downcast_ref() {
        Some(sqlx::Error::Io(_)) => true,
        Some(sqlx::Error::Database(error)) => {
            error.try_downcast_ref::<PgDatabaseError>().is_some_and(|error| LOST.contains(&error.code()))
        }
        _ => false,
    }
}

/// Whether the database has undone a transaction because of others, so that it may be made again as it was.
pub(super) fn is_undone_for_others(error: &Error) -> bool {
    let Error::StoreUnavailable(cause) = error else { return false };
    let Some(sqlx::Error::Database(error)) = cause.downcast_ref() else { return false };
    error.code().is_some_and(|code| UNDONE.contains(&&*code))
}

fn is_damaged(code: i32) -> bool {
    DAMAGE.contains(&(code & 0xff))
}

/// For the log: what helps is an operator's business, not a caller's.
fn damaged(cause: &dyn std::fmt::Display) -> String {
    format!("the database is damaged: {cause}; `image-service db check` tells what can still be read")
}

/// The low byte of an extended code is the primary one.
fn is_passing(code: i32) -> bool {
    UNAVAILABLE.contains(&(code & 0xff))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_does_not_answer_is_unavailable_and_a_wrong_statement_is_our_fault() {
        assert!(matches!(sqlx::Error::PoolTimedOut.into(), Error::StoreUnavailable(_)));
        assert!(matches!(sqlx::Error::RowNotFound.into(), Error::Internal(_)));
        assert!(is_passing(5) && is_passing(517) && is_passing(522) && !is_passing(1555));
    }
}
