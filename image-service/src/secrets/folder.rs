//! The keys that this service keeps itself: `credentials.key` in the data folder, one per line, the newest last.
//!
//! Invariant: the file is whole and on disk whenever it has its name. It belongs to the process that has the data folder.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use super::{KeyError, file, sealing_key::SealingKey, text, text::KEY_LENGTH};
use crate::model::KeyId;

const NAME: &str = "credentials.key";

/// Where the keys are.
pub(super) fn file_in(data_dir: &Path) -> PathBuf {
    data_dir.join(NAME)
}

/// Makes a key if there is none. A file that another process made first stays.
pub(super) fn ensure(data_dir: &Path) -> Result<(), KeyError> {
    let file = file_in(data_dir);
    if file.exists() {
        return Ok(());
    }
    let fault = |cause| KeyError::File { file: file.clone(), cause };
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(fault)?;
    let draft = draft(data_dir, &[line(&*random()?)])?;
    let linked = match fs::hard_link(&draft, &file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    };
    fs::remove_file(&draft).and(linked).and_then(|()| File::open(data_dir)?.sync_all()).map_err(fault)?;
    tracing::info!(file = %file.display(), "made a key for stored credentials");
    Ok(())
}

/// Makes another key behind those that are there.
pub(super) fn append(data_dir: &Path) -> Result<SealingKey, KeyError> {
    let key = random()?;
    let mut lines = lines(data_dir, |_| true)?;
    lines.push(line(&key));
    replace(data_dir, &lines)?;
    SealingKey::new(&key[..])
}

/// Takes some keys away.
pub(super) fn discard(data_dir: &Path, keys: &[KeyId]) -> Result<(), KeyError> {
    let kept = lines(data_dir, |id| !keys.contains(&id))?;
    replace(data_dir, &kept)
}

type Line = Zeroizing<String>;

/// Those of the keys that are wanted.
fn lines(data_dir: &Path, wanted: impl Fn(KeyId) -> bool) -> Result<Vec<Line>, KeyError> {
    let file = file_in(data_dir);
    let keys = text::bytes(&file::read(&file)?, || format!("the file {}", file.display()))?;
    let mut lines = Vec::new();
    for key in keys {
        if wanted(SealingKey::new(&key[..])?.id()) {
            lines.push(line(&key));
        }
    }
    Ok(lines)
}

fn line(key: &[u8; KEY_LENGTH]) -> Line {
    Zeroizing::new(hex::encode(key))
}

fn random() -> Result<Zeroizing<[u8; KEY_LENGTH]>, KeyError> {
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    rand::fill(&mut *key).map_err(|_| KeyError::Cipher)?;
    Ok(key)
}

fn replace(data_dir: &Path, lines: &[Line]) -> Result<(), KeyError> {
    let file = file_in(data_dir);
    let draft = draft(data_dir, lines)?;
    let renamed = fs::rename(&draft, &file).inspect_err(|_| drop(fs::remove_file(&draft)));
    let kept = renamed.and_then(|()| File::open(data_dir)?.sync_all());
    kept.map_err(|cause| KeyError::File { file, cause })
}

/// A file beside the one that is to be, whole and on disk.
fn draft(data_dir: &Path, lines: &[Line]) -> Result<PathBuf, KeyError> {
    let mut suffix = [0; 8];
    rand::fill(&mut suffix).map_err(|_| KeyError::Cipher)?;
    let draft = data_dir.join(format!("{NAME}.{}", hex::encode(suffix)));
    let written = write(&draft, lines).inspect_err(|_| drop(fs::remove_file(&draft)));
    written.map_err(|cause| KeyError::File { file: draft.clone(), cause })?;
    Ok(draft)
}

fn write(draft: &Path, lines: &[Line]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    for line in lines {
        file.write_all(line.as_bytes())?;
        file.write_all(b"\n")?;
    }
    file.sync_all()
}
