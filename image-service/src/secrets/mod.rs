//! Sealing secrets at rest: AES-256-GCM, each seal bound to its key and to the place where it is kept. One key is in force and seals; all that
//! are at hand open.
//!
//! Invariants: neither key nor plaintext appears in `Debug`, an error or a log, and both are wiped when they are no longer needed. It does not
//! know what the secrets are or where they go.

mod error;
mod file;
mod folder;
mod ring;
mod sealing_key;
mod source;
mod text;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;
use secrecy::SecretString;

pub use error::KeyError;

use crate::{
    error::{Error, Result},
    model::KeyId,
    ports::{FreshKey, KeyWrapper, KnownKey, Sealer},
};
use ring::Ring;
use sealing_key::SealingKey;
use source::Source;

/// Seals and opens.
pub struct Seal {
    source: Source,
    /// Of keys that only open.
    old: Option<Source>,
    ring: RwLock<Ring>,
}

impl Seal {
    /// With the operator's keys: one or several in a file, the newest last.
    pub fn from_key_file(file: &Path) -> Result<Self, KeyError> {
        Self::on(Source::File(file.to_owned()))
    }

    /// With the operator's keys in a variable of the environment. It stays there: who may look at the process's environment sees them.
    pub fn from_variable(name: &str) -> Result<Self, KeyError> {
        Self::on(Source::Variable(name.to_owned()))
    }

    /// With the operator's keys in a credential that systemd has given the service (`LoadCredential=`).
    pub fn from_systemd(name: &str) -> Result<Self, KeyError> {
        let folder = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let folder = folder.ok_or_else(|| KeyError::NoCredentials { name: name.to_owned() })?;
        Self::on(Source::File(folder.join(name)))
    }

    /// With the data folder's own keys, of which one is made if there is none.
    pub fn in_data_dir(data_dir: &Path) -> Result<Self, KeyError> {
        folder::ensure(data_dir)?;
        Self::on(Source::Folder(data_dir.to_owned()))
    }

    /// Whether the data folder has keys of its own.
    #[must_use]
    pub fn is_in_data_dir(data_dir: &Path) -> bool {
        folder::file_in(data_dir).exists()
    }

    /// With keys that a key service has encrypted, and the state keeps. There are none before they are loaded.
    #[must_use]
    pub fn from_wrapper(wrapper: Arc<dyn KeyWrapper>) -> Self {
        Self { source: Source::Wrapper(wrapper), old: None, ring: RwLock::default() }
    }

    /// Has the keys of a file open as well, which some other source had before.
    pub fn with_old_keys(mut self, file: &Path) -> Result<Self, KeyError> {
        self.old = Some(Source::File(file.to_owned()));
        let old = self.old_keys()?;
        self.change(|ring| ring.add_all(old));
        Ok(self)
    }

    /// Until the state says otherwise the newest is in force.
    fn on(source: Source) -> Result<Self, KeyError> {
        let ring = Ring::of(source.read()?);
        Ok(Self { source, old: None, ring: RwLock::new(ring) })
    }

    fn old_keys(&self) -> Result<Vec<SealingKey>, KeyError> {
        self.old.as_ref().map(Source::read).transpose().map(Option::unwrap_or_default)
    }

    fn ring(&self) -> Ring {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Ring)) {
        change(&mut self.ring.write().unwrap_or_else(PoisonError::into_inner));
    }
}

#[async_trait]
impl Sealer for Seal {
    fn seal(&self, place: &str, secret: &SecretString) -> Result<Vec<u8>> {
        let ring = self.ring();
        let key = ring.in_force().ok_or_else(|| Error::internal("no key was loaded"))?;
        key.seal(place, secret).ok_or_else(|| Error::internal("a secret cannot be sealed"))
    }

    fn open(&self, place: &str, sealed: &[u8]) -> Option<SecretString> {
        let ring = self.ring();
        match KeyId::of_seal(sealed).and_then(|id| ring.get(&id)) {
            Some(key) => key.open(place, sealed),
            None => ring.keys().find_map(|key| key.open_nameless(place, sealed)),
        }
    }

    fn keys(&self) -> Vec<KeyId> {
        self.ring().keys().map(|key| key.id()).collect()
    }

    async fn load(&self, store: &str, known: &[KnownKey]) -> Result<()> {
        let mut ring = match &self.source {
            Source::Wrapper(wrapper) => source::unwrapped(&**wrapper, store, known, &self.ring()).await?,
            source => Ring::of(source.read()?),
        };
        ring.add_all(self.old_keys()?);
        if let Some(key) = known.iter().find(|key| key.in_force)
            && !ring.put_in_force(&key.id)
        {
            return Err(Error::sealing_key_missing(&key.id.to_string(), &self.source()));
        }
        self.change(|kept| *kept = ring);
        Ok(())
    }

    async fn next(&self, store: &str, current: Option<&KeyId>) -> Result<FreshKey> {
        let (key, wrapped) = self.source.next(store, current).await?;
        let id = key.id();
        self.change(|ring| ring.add(key));
        Ok(FreshKey { id, wrapped })
    }

    async fn discard(&self, keys: &[KeyId]) -> Result<()> {
        if self.source.discard(keys)? {
            self.change(|ring| ring.remove(keys));
        }
        Ok(())
    }

    fn source(&self) -> String {
        self.source.to_string()
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
