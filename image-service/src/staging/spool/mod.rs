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
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(super) use budget::{Account, Budget, Ended};
pub(super) use file::{SpoolFile, Spooled};

/// Makes files in one folder, within one budget.
pub(super) struct Spool {
    folder: PathBuf,
    pub(super) budget: Arc<Budget>,
    made: AtomicU64,
    /// Files that may still be open. Who holds one never waits for another, so each gets its turn.
    pub(super) places: Arc<Semaphore>,
}

/// Layers in the spool at once: each is an open file, however small.
const MOST_LAYERS: usize = 256;

impl Spool {
    pub(super) fn new(folder: PathBuf, limit: u64) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            budget: Budget::new(limit),
            made: AtomicU64::default(),
            places: Arc::new(Semaphore::new(MOST_LAYERS)),
        })
    }

    /// A file to write, in a place of `places`. Blocks.
    pub(super) fn create(&self, place: OwnedSemaphorePermit) -> io::Result<SpoolFile> {
        self.make(self.budget.open(), Some(place))
    }

    /// A file for the same layer in another form, which needs no place of its own: the other form goes soon. Blocks.
    pub(super) fn create_heir(&self, of: &SpoolFile) -> io::Result<SpoolFile> {
        self.make(of.account.heir(), None)
    }

    fn make(&self, account: Account, place: Option<OwnedSemaphorePermit>) -> io::Result<SpoolFile> {
        loop {
            let number = self.made.fetch_add(1, Ordering::Relaxed);
            let path = self.folder.join(format!("{}-{number}", std::process::id()));
            let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path);
            match file {
                Ok(file) => {
                    remove(&path)?;
                    return Ok(SpoolFile::new(file, account, place));
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
