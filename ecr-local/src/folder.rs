//! The data folder, owned by one process at a time: where everything in it lies.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// A locked data folder. The lock goes with the value, or with the process.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// Why a folder cannot be had.
#[derive(Debug)]
pub(crate) enum ClaimError {
    InUse,
    Io(io::Error),
}

impl From<io::Error> for ClaimError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl DataFolder {
    /// Makes the folder if it is missing, readable by its owner alone, and locks it.
    pub(crate) fn claim(path: &Path) -> Result<Self, ClaimError> {
        make_folder(path)?;
        let lock = private_file(&path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ClaimError::InUse),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let folder = Self { path: path.to_owned(), _lock: lock };
        make_folder(&folder.blobs())?;
        make_folder(&folder.uploads())?;
        // SQLite would give it, and the log beside it, the modes of the umask.
        private_file(&folder.database())?;
        File::open(path)?.sync_all()?;
        Ok(folder)
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.path.join("blobs")
    }

    pub(crate) fn uploads(&self) -> PathBuf {
        self.path.join("uploads")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("state.sqlite")
    }

    pub(crate) fn token_key(&self) -> PathBuf {
        self.path.join("token-key")
    }
}

/// Makes a folder that only its owner can enter, with those above it.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Opens a file that only its owner can read, and makes it if it is missing.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}
