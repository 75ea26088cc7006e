//! The one place where the database's errors become the domain's.

use crate::error::Error;

/// SQLite's primary result codes for what passes, or what an operator can mend: busy, locked, read-only, input/output, full,
/// cannot open.
const UNAVAILABLE: [u32; 6] = [5, 6, 8, 10, 13, 14];

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let unavailable = match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_) => true,
            sqlx::Error::Database(error) => error.code().is_some_and(|code| is_passing(&code)),
            _ => false,
        };
        if unavailable { Self::StoreUnavailable(error.into()) } else { Self::internal(error) }
    }
}

/// The low byte of an extended code is the primary one.
fn is_passing(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| UNAVAILABLE.contains(&(code & 0xff)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_does_not_answer_is_unavailable_and_a_wrong_statement_is_our_fault() {
        assert!(matches!(sqlx::Error::PoolTimedOut.into(), Error::StoreUnavailable(_)));
        assert!(matches!(sqlx::Error::RowNotFound.into(), Error::Internal(_)));
        assert!(is_passing("5") && is_passing("517") && is_passing("522") && !is_passing("1555"));
    }
}
