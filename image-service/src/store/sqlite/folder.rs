//! The data folder, owned by one process at a time.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::OpenError;

const LOCK: &str = "lock";
const DATABASE: &str = "state.sqlite";

/// A locked data folder. The lock goes with the value, or with the process.
#[derive(Debug)]
pub(super) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is missing, readable by its owner alone, and locks it.
    pub(super) fn claim(path: &Path) -> Result<Self, OpenError> {
        let fault = |cause| OpenError::Folder { folder: path.to_owned(), cause };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(fault)?;
        let lock = private_file(&path.join(LOCK)).map_err(fault)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { folder: path.to_owned() }),
            Err(TryLockError::Error(cause)) => Err(fault(cause)),
        }
    }

    /// The database file, which exists from now on: SQLite would give it, and the log beside it, the modes of the umask.
    pub(super) fn database(&self) -> Result<PathBuf, OpenError> {
        let path = self.path.join(DATABASE);
        match private_file(&path) {
            Ok(_) => Ok(path),
            Err(cause) => Err(OpenError::Folder { folder: self.path.clone(), cause }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}
