//! What an answered change outlives.

use std::{fs::File, io};

/// What a change outlives once it was answered.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Durability {
    /// A power cut: it is on disk before its answer leaves.
    #[default]
    PowerCut,
    /// The end of the process, however that comes: the system has it, and brings it to the disk in its own time. For registries that are
    /// thrown away with their machine.
    Crash,
}

impl Durability {
    /// Waits until a file, or what a folder lists, is on disk, if that is wanted.
    pub(crate) fn sync(self, file: &File) -> io::Result<()> {
        match self {
            Self::PowerCut => file.sync_all(),
            Self::Crash => Ok(()),
        }
    }
}
