//! The spool: compressed layers on their way from an archive to the registry, in files without a name.
//!
//! Invariant: a file loses its name as soon as it is made, so that whatever ends the process also frees the disk.

mod budget;
mod file;

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::error::{Error, Result};

pub(super) use budget::{Account, Budget, Ended};
pub(super) use file::{SpoolFile, Spooled};

/// Makes files in one folder, within one budget.
pub(super) struct Spool {
    folder: PathBuf,
    pub(super) budget: Arc<Budget>,
    made: AtomicU64,
}

impl Spool {
    /// `patience`: how long a layer may wait for others to make room.
    pub(super) fn new(folder: PathBuf, limit: u64, patience: Duration) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, budget: Budget::new(limit, patience), made: AtomicU64::default() })
    }

    /// A file to write, as soon as there are not too many. Blocks; `ended` makes it stop waiting.
    pub(super) fn create(&self, ended: &Ended) -> Result<SpoolFile> {
        self.make(self.budget.open(ended)?).map_err(Error::internal)
    }

    /// A file for the same layer in another form. Blocks.
    pub(super) fn create_heir(&self, of: &SpoolFile) -> Result<SpoolFile> {
        self.make(of.account.heir()).map_err(Error::internal)
    }

    fn make(&self, account: Account) -> io::Result<SpoolFile> {
        loop {
            let number = self.made.fetch_add(1, Ordering::Relaxed);
            let path = self.folder.join(format!("{}-{number}", std::process::id()));
            let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path);
            match file {
                Ok(file) => {
                    remove(&path)?;
                    return Ok(SpoolFile::new(file, account));
                }
                // Left behind between making and unlinking by a process that had this number.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Removes files that a crash has left a name. One that is just being made loses its name a moment early. Blocks.
    pub(super) fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            remove(&entry?.path())?;
        }
        Ok(())
    }
}

fn remove(path: &std::path::Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
