//! Where blobs lie, and how they come there and go.

use std::{
    collections::HashSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::session::Finished;
use crate::{
    durability::Durability,
    folder::make_folder,
    model::{Algorithm, Digest},
};

/// The folder of blobs. All calls wait for the disk.
#[derive(Clone, Debug)]
pub(crate) struct BlobFolder {
    root: PathBuf,
    durability: Durability,
    /// Folders that are known to be on disk. One that merely exists may be gone after a power cut, and its blobs with it.
    lasting: Arc<Mutex<HashSet<PathBuf>>>,
}

impl BlobFolder {
    pub(crate) fn new(root: PathBuf, durability: Durability) -> Self {
        Self { root, durability, lasting: Arc::default() }
    }

    /// Opens a blob. With its size, as the file system has it.
    pub(crate) fn open(&self, digest: &Digest) -> io::Result<(File, u64)> {
        let file = File::open(self.path(digest))?;
        let size = file.metadata()?.len();
        Ok((file, size))
    }

    /// Moves a finished file, which is on disk already, to its place; a blob that is there stays as it is. It survives a power cut when this
    /// returns.
    pub(crate) fn publish(&self, finished: &Finished, digest: &Digest) -> io::Result<()> {
        let path = self.path(digest);
        let shard = path.parent().unwrap_or(&self.root);
        self.make_lasting(shard)?;
        match path.metadata() {
            Ok(there) if there.len() == finished.size => fs::remove_file(&finished.path)?,
            _ => fs::rename(&finished.path, &path)?,
        }
        self.durability.sync(&File::open(shard)?)
    }

    /// Whoever comes second waits until the folder is on disk.
    fn make_lasting(&self, shard: &Path) -> io::Result<()> {
        let mut lasting = self.lasting.lock().unwrap_or_else(PoisonError::into_inner);
        if lasting.contains(shard) {
            return Ok(());
        }
        make_folder(shard)?;
        for folder in shard.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root)) {
            self.durability.sync(&File::open(folder)?)?;
        }
        lasting.insert(shard.to_owned());
        Ok(())
    }

    /// Takes a blob away. It is no error if it is not there.
    pub(crate) fn remove(&self, digest: &Digest) -> io::Result<()> {
        match fs::remove_file(self.path(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The folders below which the blobs lie, each with a small part of them.
    pub(crate) fn shards(&self) -> io::Result<Vec<(Algorithm, PathBuf)>> {
        let mut shards = Vec::new();
        for algorithm in Algorithm::ALL {
            let folder = self.root.join(algorithm.name());
            if folder.exists() {
                for entry in fs::read_dir(folder)? {
                    shards.push((algorithm, entry?.path()));
                }
            }
        }
        Ok(shards)
    }

    /// The blobs in a shard. What has no digest for a name is not ours, and left alone.
    pub(crate) fn blobs_in((algorithm, shard): &(Algorithm, PathBuf)) -> io::Result<Vec<Digest>> {
        let mut digests = Vec::new();
        for entry in fs::read_dir(shard)? {
            let name = entry?.file_name();
            digests.extend(format!("{}:{}", algorithm.name(), name.to_string_lossy()).parse());
        }
        Ok(digests)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let shard = digest.hex().get(..2).unwrap_or_default();
        self.root.join(digest.algorithm().name()).join(shard).join(digest.hex())
    }
}
