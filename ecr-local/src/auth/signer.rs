//! The key of a data folder: signs tokens, and stands in for passwords.

use std::{fs, io, io::Write, path::Path};

use aws_lc_rs::hmac;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::SecretString;

use crate::folder::private_file;

const KEY_BYTES: usize = 32;

/// Signs and checks (HMAC-SHA256).
pub(crate) struct Signer(hmac::Key);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the system gives no random numbers")]
    Random,
    #[error(
        "the file of the key has another length than a key: remove it, and tokens that were issued are void"
    )]
    Length,
}

impl Signer {
    /// The key in a file, which is made at the first use.
    pub(crate) fn in_file(path: &Path) -> Result<Self, KeyError> {
        let mut key = fs::read(path).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(Vec::new()),
            _ => Err(error),
        })?;
        // An empty file is what a crash at the first use leaves.
        if key.is_empty() {
            key = vec![0; KEY_BYTES];
            getrandom::fill(&mut key).map_err(|_| KeyError::Random)?;
            let mut file = private_file(path)?;
            file.write_all(&key)?;
            file.sync_all()?;
        }
        if key.len() == KEY_BYTES { Ok(Self::with_key(&key)) } else { Err(KeyError::Length) }
    }

    pub(crate) fn with_key(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The authentication code of some bytes.
    pub(super) fn sign(&self, bytes: &[u8]) -> hmac::Tag {
        hmac::sign(&self.0, bytes)
    }

    /// Whether a code is that of some bytes. Takes the same time in any case.
    pub(super) fn verify(&self, bytes: &[u8], code: &[u8]) -> bool {
        hmac::verify(&self.0, bytes, code).is_ok()
    }

    /// Bytes with their code, as text for a header.
    pub(crate) fn seal(&self, bytes: &[u8]) -> SecretString {
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        format!("{}.{}", encode(bytes), encode(self.sign(bytes).as_ref())).into()
    }

    /// The bytes, if their code is right.
    pub(crate) fn open(&self, text: &str) -> Option<Vec<u8>> {
        let (bytes, code) = text.split_once('.')?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(bytes).ok()?;
        let code = BASE64_URL_SAFE_NO_PAD.decode(code).ok()?;
        self.verify(&bytes, &code).then_some(bytes)
    }
}
