//! Content that may not be wanted in the end: what is small stays in memory, what is larger goes into a file without a name, which is gone
//! with its handle, whatever happens.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use bytes::Bytes;

use super::{FileContent, UploadKey, on_disk};

/// So much stays in memory, and so much is written at once.
const BATCH: usize = 512 * 1024;

/// Content that is arriving.
pub(crate) struct Spool {
    folder: PathBuf,
    file: Option<File>,
    held: Vec<u8>,
    length: u64,
}

/// Content that has arrived.
#[derive(Debug)]
pub(crate) struct Spooled {
    place: Place,
    length: u64,
}

#[derive(Debug)]
enum Place {
    Memory(Bytes),
    File(File),
}

/// Spooled content, to be read once.
#[derive(Debug)]
pub(crate) enum SpooledContent {
    Memory(Bytes),
    File(FileContent),
}

impl Spool {
    /// Files go into the folder.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, file: None, held: Vec::new(), length: 0 }
    }

    /// Takes the next piece.
    pub(crate) async fn push(&mut self, piece: &[u8]) -> io::Result<()> {
        self.length += piece.len() as u64;
        self.held.extend_from_slice(piece);
        if self.held.len() < BATCH { Ok(()) } else { self.flush().await }
    }

    /// All of it.
    pub(crate) async fn finish(mut self) -> io::Result<Spooled> {
        if self.file.is_some() {
            self.flush().await?;
        }
        let place = match self.file {
            Some(file) => Place::File(file),
            None => Place::Memory(self.held.into()),
        };
        Ok(Spooled { place, length: self.length })
    }

    async fn flush(&mut self) -> io::Result<()> {
        let (file, folder, mut held) =
            (self.file.take(), self.folder.clone(), std::mem::take(&mut self.held));
        let written = on_disk(move || {
            let mut file = file.map_or_else(|| nameless(&folder), Ok)?;
            file.write_all(&held)?;
            held.clear();
            Ok((file, held))
        });
        let (file, held) = written.await?;
        (self.file, self.held) = (Some(file), held);
        Ok(())
    }
}

impl Spooled {
    /// In bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// What is there.
    pub(crate) async fn content(&self) -> io::Result<SpooledContent> {
        match &self.place {
            Place::Memory(bytes) => Ok(SpooledContent::Memory(bytes.clone())),
            Place::File(file) => {
                let (file, range) = (file.try_clone()?, 0..self.length);
                on_disk(move || FileContent::new(file, range)).await.map(SpooledContent::File)
            }
        }
    }
}

fn nameless(folder: &std::path::Path) -> io::Result<File> {
    let path = folder.join(format!("spool-{}", UploadKey::fresh(0)?.id));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    async fn spooled(folder: &std::path::Path, length: usize) -> Spooled {
        let mut spool = Spool::new(folder.to_owned());
        for piece in vec![7; length].chunks(100_000) {
            spool.push(piece).await.unwrap();
        }
        spool.finish().await.unwrap()
    }

    #[tokio::test]
    async fn what_is_small_needs_no_file() {
        let spooled = spooled(std::path::Path::new("/nowhere"), BATCH - 1).await;
        assert_eq!(spooled.length(), BATCH as u64 - 1);
        assert!(
            matches!(spooled.content().await.unwrap(), SpooledContent::Memory(bytes) if bytes.len() == BATCH - 1)
        );
    }

    #[tokio::test]
    async fn what_is_large_lies_in_a_file_that_nobody_sees() {
        let folder = tempfile::tempdir().unwrap();
        let spooled = spooled(folder.path(), BATCH * 2 + 1).await;
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let SpooledContent::File(content) = spooled.content().await.unwrap() else {
            panic!("it is in memory")
        };
        let bytes = content.collect().await.unwrap().to_bytes();
        assert_eq!(bytes, vec![7; BATCH * 2 + 1]);
    }
}
