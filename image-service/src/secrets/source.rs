//! Where keys come from, and what changing one means there.

use std::{fmt, path::PathBuf, sync::Arc};

use zeroize::Zeroizing;

use super::{KeyError, file, folder, ring::Ring, sealing_key::SealingKey, text};
use crate::{
    error::Result,
    model::KeyId,
    ports::{KeyWrapper, KnownKey},
};

/// One of them is configured.
pub(super) enum Source {
    /// The data folder, where this service makes its keys itself.
    Folder(PathBuf),
    /// A file of the operator's.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
    /// A key service; the state keeps what it has encrypted.
    Wrapper(Arc<dyn KeyWrapper>),
}

impl Source {
    /// The keys that are there, the newest last. None with a key service: it has to be asked.
    pub(super) fn read(&self) -> Result<Vec<SealingKey>, KeyError> {
        let place = || self.to_string();
        match self {
            Self::Folder(data_dir) => text::read(&file::read(&folder::file_in(data_dir))?, place),
            Self::File(path) => text::read(&file::read(path)?, place),
            Self::Variable(name) => {
                let value = std::env::var(name).map(Zeroizing::new);
                let value = value.map_err(|_| KeyError::Variable { name: name.clone() })?;
                text::read(value.as_bytes(), place)
            }
            Self::Wrapper(_) => Ok(Vec::new()),
        }
    }

    /// The newest key if that is not `current`; otherwise another one, where it may be made here. With it what the state has to keep of it.
    pub(super) async fn next(
        &self,
        store: &str,
        current: Option<&KeyId>,
    ) -> Result<(SealingKey, Option<Vec<u8>>)> {
        if let Self::Wrapper(wrapper) = self {
            let (key, wrapped) = wrapper.make(store).await?;
            return Ok((SealingKey::new(&key)?, Some(wrapped)));
        }
        let newest = self.read()?.pop().filter(|newest| Some(&newest.id()) != current);
        match (newest, self) {
            (Some(newest), _) => Ok((newest, None)),
            (None, Self::Folder(data_dir)) => Ok((folder::append(data_dir)?, None)),
            (None, _) => Err(KeyError::NothingNewer { place: self.to_string() }.into()),
        }
    }

    /// Takes keys away, unless they are the operator's; then false.
    pub(super) fn discard(&self, keys: &[KeyId]) -> Result<bool, KeyError> {
        match self {
            Self::Folder(data_dir) => folder::discard(data_dir, keys).map(|()| true),
            Self::Wrapper(_) => Ok(true),
            Self::File(_) | Self::Variable(_) => Ok(false),
        }
    }
}

/// The keys that a state keeps encrypted. Those that are at hand are not decrypted again.
pub(super) async fn unwrapped(
    wrapper: &dyn KeyWrapper,
    store: &str,
    known: &[KnownKey],
    at_hand: &Ring,
) -> Result<Ring> {
    let mut ring = Ring::default();
    for key in known {
        match (at_hand.get(&key.id), &key.wrapped) {
            (Some(key), _) => ring.add(Arc::clone(key)),
            (None, Some(wrapped)) => {
                ring.add(SealingKey::new(&wrapper.unwrap(store, wrapped).await?)?);
            }
            // From another source; who needs it is told so.
            (None, None) => {}
        }
    }
    Ok(ring)
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(data_dir) => write!(f, "the file {}", folder::file_in(data_dir).display()),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::Wrapper(wrapper) => f.write_str(&wrapper.name()),
        }
    }
}
