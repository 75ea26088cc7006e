//! Where the key comes from: a file that the operator gives, or one made in the data folder at the first start.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, RandomizedNonceKey},
    rand,
};
use zeroize::Zeroizing;

use super::Seal;

const GENERATED: &str = "credentials.key";
const KEY_LENGTH: usize = 32;
const HEX_LENGTH: usize = 2 * KEY_LENGTH;
/// The digits and a line's end; a longer file is no key, whatever else is in it.
const MAX_FILE: u64 = HEX_LENGTH as u64 + 3;
const GROUP_AND_OTHERS: u32 = 0o077;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or made.
    #[error("cannot use the credentials key {}: {cause}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// From the system.
        cause: io::Error,
    },
    /// The content is no key.
    #[error("the credentials key {} must be 32 bytes, raw or as 64 hexadecimal digits", file.display())]
    Content {
        /// Which.
        file: PathBuf,
    },
    /// No randomness, or a key that the cipher does not take.
    #[error("the credentials key cannot be set up")]
    Cipher,
}

impl Seal {
    /// With the operator's key.
    pub fn from_key_file(file: &Path) -> Result<Self, KeyError> {
        let (content, mode) = read(file).map_err(|cause| KeyError::File { file: file.to_owned(), cause })?;
        if mode & GROUP_AND_OTHERS != 0 {
            tracing::warn!(file = %file.display(), mode = format_args!("{:o}", mode & 0o777),
                "the credentials key can be used by more than its owner; mode 600 is enough");
        }
        let key = key_of(&content).ok_or_else(|| KeyError::Content { file: file.to_owned() })?;
        Self::from_key(&key)
    }

    /// With the data folder's own key, which is made if there is none.
    pub fn in_data_dir(data_dir: &Path) -> Result<Self, KeyError> {
        let file = data_dir.join(GENERATED);
        if !file.exists() {
            generate(data_dir, &file)?;
        }
        Self::from_key_file(&file)
    }

    /// With the data folder's own key, if there is one.
    pub fn found_in_data_dir(data_dir: &Path) -> Result<Option<Self>, KeyError> {
        let file = data_dir.join(GENERATED);
        file.exists().then(|| Self::from_key_file(&file)).transpose()
    }

    fn from_key(key: &[u8; KEY_LENGTH]) -> Result<Self, KeyError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| KeyError::Cipher)?;
        Ok(Self { key })
    }
}

fn read(file: &Path) -> io::Result<(Zeroizing<Vec<u8>>, u32)> {
    let file = File::open(file)?;
    let mode = file.metadata()?.permissions().mode();
    let mut content = Zeroizing::new(Vec::with_capacity(MAX_FILE as usize + 1));
    file.take(MAX_FILE).read_to_end(&mut content)?;
    Ok((content, mode))
}

fn key_of(content: &[u8]) -> Option<Zeroizing<[u8; KEY_LENGTH]>> {
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    if content.len() == KEY_LENGTH {
        key.copy_from_slice(content);
    } else {
        hex::decode_to_slice(content.trim_ascii_end(), &mut *key).ok()?;
    }
    Some(key)
}

/// The key takes its name only when it is whole and on disk; a name that another process took first stays.
fn generate(data_dir: &Path, file: &Path) -> Result<(), KeyError> {
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    let mut suffix = [0; 8];
    rand::fill(&mut *key).and_then(|()| rand::fill(&mut suffix)).map_err(|_| KeyError::Cipher)?;
    let draft = data_dir.join(format!("{GENERATED}.{}", hex::encode(suffix)));
    let fault = |cause| KeyError::File { file: file.to_owned(), cause };
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(fault)?;
    write(&draft, &key[..]).inspect_err(|_| drop(fs::remove_file(&draft))).map_err(fault)?;
    let linked = match fs::hard_link(&draft, file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    };
    fs::remove_file(&draft).and(linked).and_then(|()| File::open(data_dir)?.sync_all()).map_err(fault)?;
    tracing::info!(file = %file.display(), "made a key for stored credentials");
    Ok(())
}

fn write(draft: &Path, key: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(key)?;
    file.sync_all()
}
