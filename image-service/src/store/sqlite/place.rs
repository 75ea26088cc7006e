//! Where a state is that this process does not serve: a data folder.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use super::{
    Connection, OpenError, Ownership, Pool, folder,
    open::{self, BUSY_TIMEOUT, WRITE_TIMEOUT},
    portable::Upkeep,
    schema,
};
use crate::{
    ports::Sealer,
    store::{Migrated, UpkeepError},
};

impl Upkeep {
    /// The state in a data folder.
    #[must_use]
    pub fn of_data_folder(data_dir: &Path, sealer: Option<Arc<dyn Sealer>>) -> Self {
        Self::of(Place(data_dir.to_owned()), sealer)
    }
}

/// Of pages, while a document comes in: its names lead to images in any order. Taken only as far as it is needed.
const CACHE_KIB: &str = "-262144";

/// A data folder, which may be in use.
#[derive(Debug)]
pub(in crate::store) struct Place(PathBuf);

/// The one connection that changes something, in a folder that belongs to it.
pub(super) struct Writer {
    pub(super) pool: Pool,
    pub(super) migrated: Migrated,
    _folder: Ownership,
}

impl Place {
    /// A connection that changes nothing, beside whatever others there are.
    pub(super) async fn reader(&self) -> Result<Connection, UpkeepError> {
        let database = folder::database_in(&self.0);
        if !database.exists() {
            return Err(UpkeepError::NoState { place: self.to_string() });
        }
        if folder::is_log_missing(&self.0) {
            return Err(OpenError::LogMissing { folder: self.0.clone() }.into());
        }
        let options = SqliteConnectOptions::new().filename(database).read_only(true);
        let connected = options.busy_timeout(BUSY_TIMEOUT).disable_statement_logging().connect().await;
        Ok(connected.map_err(|cause| OpenError::database(&self.0, cause))?)
    }

    /// Brings the schema up to date on the way.
    pub(super) async fn writer(&self) -> Result<Writer, UpkeepError> {
        let folder = Ownership::claim(&self.0)?;
        let options = open::options(&folder.database()?).pragma("cache_size", CACHE_KIB);
        let fault = |cause| OpenError::database(&self.0, cause);
        let pool = open::pool(1, WRITE_TIMEOUT, options).await.map_err(fault)?;
        let migrated = schema::migrate(&folder, &pool).await?;
        Ok(Writer { pool, migrated, _folder: folder })
    }

    pub(super) fn newer(&self, schema: i64) -> OpenError {
        OpenError::Newer { folder: self.0.clone(), schema }
    }

    pub(super) fn foreign(&self) -> OpenError {
        OpenError::Foreign { folder: self.0.clone() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the data folder {}", self.0.display())
    }
}
