//! Why there is no key.

use std::{io, path::PathBuf};

use crate::error::Error;

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
    /// Everyone on the host can use the key.
    #[error(
        "the credentials key {} is open to every user of this host (mode {mode:o}): chmod 600 {}",
        file.display(), file.display()
    )]
    Exposed {
        /// Which.
        file: PathBuf,
        /// Permission bits.
        mode: u32,
    },
    /// The content is no key.
    #[error(
        "the credentials key in {place} must be 32 bytes, raw, as 64 hexadecimal digits or in base64, or several of the latter, the newest last"
    )]
    Content {
        /// As `Source` writes itself.
        place: String,
    },
    /// The variable is not set, or no text.
    #[error("the environment variable {name} holds no credentials key, though credentials.key_env names it")]
    Variable {
        /// Which.
        name: String,
    },
    /// Not started by systemd, or without credentials.
    #[error(
        "CREDENTIALS_DIRECTORY is not set, though credentials.key_credential names {name}: the unit needs LoadCredential={name}:FILE"
    )]
    NoCredentials {
        /// As configured.
        name: String,
    },
    /// There is no newer key.
    #[error(
        "the newest key in {place} is in force already: add a line below it (openssl rand -hex 32), the same for each service of the database, and rotate then"
    )]
    NothingNewer {
        /// As `Source` writes itself.
        place: String,
    },
    /// No randomness, or a key that the cipher does not take.
    #[error("the credentials key cannot be set up")]
    Cipher,
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        Self::SealingKey { detail: error.to_string(), retryable: false, cause: None }
    }
}
