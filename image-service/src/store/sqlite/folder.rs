//! The data folder, owned by one process at a time.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::OpenError;

const LOCK: &str = "lock";
const DATABASE: &str = "state.sqlite";
const LOG: &str = "state.sqlite-wal";
/// What the lock says while a store is open: the database is not whole without its log.
const WITH_LOG: &[u8] = b"with log\n";

/// A locked data folder. The lock goes with the value, or with the process.
#[derive(Debug)]
pub(super) struct DataFolder {
    path: PathBuf,
    lock: File,
}

/// The database of a data folder.
pub(super) fn database_in(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

/// Whether a process that was killed has left a log, which is gone. Without one the database opens just as well, as it was some time ago.
pub(super) fn is_log_missing(folder: &Path) -> bool {
    fs::read(folder.join(LOCK)).is_ok_and(|said| said == WITH_LOG) && !folder.join(LOG).exists()
}

impl DataFolder {
    /// Makes the folder if it is missing, readable by its owner alone, and locks it.
    pub(super) fn claim(path: &Path) -> Result<Self, OpenError> {
        let fault = |cause| OpenError::Folder { folder: path.to_owned(), cause };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(fault)?;
        let lock = private_file(&path.join(LOCK)).map_err(fault)?;
        match lock.try_lock() {
            Ok(()) if is_log_missing(path) => Err(OpenError::LogMissing { folder: path.to_owned() }),
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { folder: path.to_owned() }),
            Err(TryLockError::Error(cause)) => Err(fault(cause)),
        }
    }

    /// The database file, which exists from now on: SQLite would give it, and the log beside it, the modes of the umask.
    pub(super) fn database(&self) -> Result<PathBuf, OpenError> {
        let path = database_in(&self.path);
        match private_file(&path) {
            Ok(_) => Ok(path),
            Err(cause) => Err(OpenError::Folder { folder: self.path.clone(), cause }),
        }
    }

    /// Notes that there is a log from now on.
    pub(super) fn note_log(&self) -> io::Result<()> {
        (&self.lock).write_all(WITH_LOG)
    }

    /// From now on the database is whole without a log, or the log is there. It is no harm if that cannot be noted.
    pub(super) fn ending(&self) {
        let _ = self.lock.set_len(0);
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        self.ending();
    }
}

fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}
