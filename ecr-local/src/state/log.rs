//! The write-ahead log: from when on a commit lasts.
//!
//! Invariant: a commit that was waited for is on disk, unless it need not be. Who waits at the same time waits for the same call to the system.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Mutex;

use super::Result;
use crate::{blobs::on_disk, durability::Durability};

type Sync = Arc<dyn Fn() -> io::Result<()> + Send + std::marker::Sync>;

/// Brings commits to the disk.
pub(super) struct Log {
    /// Nothing if a commit need not last.
    sync: Option<Sync>,
    /// How many commits there were.
    commits: AtomicU64,
    /// How many of them are on disk. Nothing after a failure: the system drops what it could not write, and finds nothing wrong the next time.
    lasting: Mutex<Option<u64>>,
}

impl Log {
    /// The log of a database.
    pub(super) fn of(database: &Path, durability: Durability) -> Self {
        let path = PathBuf::from(format!("{}-wal", database.display()));
        match durability {
            Durability::PowerCut => Self::new(move || sync(&path)),
            Durability::Crash => Self { sync: None, ..Self::new(|| Ok(())) },
        }
    }

    fn new(sync: impl Fn() -> io::Result<()> + Send + std::marker::Sync + 'static) -> Self {
        Self { sync: Some(Arc::new(sync)), commits: AtomicU64::new(0), lasting: Mutex::new(Some(0)) }
    }

    /// Waits until a commit that was just made is on disk.
    pub(super) async fn keep(&self) -> Result<()> {
        let Some(sync) = &self.sync else { return Ok(()) };
        let own = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        let mut lasting = self.lasting.lock().await;
        let failed = || io::Error::other("an earlier change could not be brought to the disk");
        if lasting.ok_or_else(failed)? >= own {
            return Ok(());
        }
        let all = self.commits.load(Ordering::SeqCst);
        let sync = Arc::clone(sync);
        let synced = on_disk(move || sync()).await;
        *lasting = synced.is_ok().then_some(all);
        synced.map_err(Into::into)
    }
}

/// SQLite takes the log away when nobody uses the database, and then all of it is in the database and on disk.
fn sync(log: &Path) -> io::Result<()> {
    match File::open(log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        opened => opened?.sync_data(),
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
