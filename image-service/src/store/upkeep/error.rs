//! Why something cannot be done with a state.

use crate::{
    error::Error,
    store::{OpenError, PostgresError, TransferError, error::is_damage},
};

/// The text names the remedy.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// The data folder.
    #[error(transparent)]
    Sqlite(#[from] OpenError),
    /// The shared database.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// There is no state to read.
    #[error("there is no state yet in {place}: nothing was ever stored there")]
    NoState {
        /// A folder, or the database.
        place: String,
    },
    /// Of an earlier version.
    #[error(
        "the state has schema {schema}, and this version needs {needed}: run `image-service db migrate`, or start the service"
    )]
    Outdated {
        /// That it has.
        schema: i64,
        /// That it should have.
        needed: i64,
    },
    /// An import would mix two states.
    #[error(
        "the state is not empty: an import needs an empty one, in a data folder or a database of its own"
    )]
    NotEmpty,
    /// Nothing is imported whose secrets are lost.
    #[error(
        "line {line} of the export: the stored credential for {registry} cannot be opened with the key of this installation: \
         give it the key of the installation that was exported, or import with --without-credentials and log in again"
    )]
    OtherKey {
        /// Of the document.
        line: u64,
        /// Whose credential.
        registry: String,
    },
    /// The document.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// The database does not do what it is asked.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// What was made of a record could not be.
    #[error(transparent)]
    Record(#[from] Error),
}

impl UpkeepError {
    /// Whether the database is not what was written to it.
    pub(in crate::store) fn is_damage(&self) -> bool {
        match self {
            Self::Sqlite(error) => matches!(error, OpenError::Damaged { .. } | OpenError::LogMissing { .. }),
            Self::Database(error) => is_damage(error) || matches!(error, sqlx::Error::ColumnDecode { .. }),
            Self::Record(_) => true,
            _ => false,
        }
    }

    /// What is wrong, without what helps.
    pub(in crate::store) fn damage(&self) -> String {
        match self {
            Self::Sqlite(OpenError::Damaged { cause, .. }) => format!("it cannot be read: {cause}"),
            Self::Sqlite(OpenError::LogMissing { .. }) => {
                "its write-ahead log is missing, and with it the last changes".to_owned()
            }
            other => other.to_string(),
        }
    }
}
