//! Keys that stored secrets are sealed under: the key material (`Sealer`), what a state says of keys (`KeyStore`), and a service that keeps
//! keys by encrypting them (`KeyWrapper`).
//!
//! The state names the key in force, and no secret is stored under another one. Every seal names its key, so that all keys that are at hand open.

use async_trait::async_trait;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::{error::Result, model::KeyId};

/// A key that a state names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownKey {
    /// Its fingerprint.
    pub id: KeyId,
    /// The key, encrypted by a `KeyWrapper`; nothing if it is kept elsewhere.
    pub wrapped: Option<Vec<u8>>,
    /// Whether secrets are sealed under it now.
    pub in_force: bool,
}

/// A key for a state to name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FreshKey {
    /// Its fingerprint.
    pub id: KeyId,
    /// As in `KnownKey`.
    pub wrapped: Option<Vec<u8>>,
}

/// Makes secrets unreadable at rest, each bound to the place where it is kept.
#[async_trait]
pub trait Sealer: Send + Sync + std::fmt::Debug {
    /// Seals a secret for one place, under the key in force.
    fn seal(&self, place: &str, secret: &SecretString) -> Result<Vec<u8>>;

    /// The secret; nothing if its key is not at hand, if it was sealed for another place, or if it has been altered.
    fn open(&self, place: &str, sealed: &[u8]) -> Option<SecretString>;

    /// The keys that are at hand.
    fn keys(&self) -> Vec<KeyId>;

    /// Gets the keys again, those that `store` names among them, and puts the one in force that it names so. `SealingKey` if that one is not to be
    /// had; then everything stays as it was.
    async fn load(&self, store: &str, known: &[KnownKey]) -> Result<()>;

    /// The key to be in force next: the newest of the source, or one that is made where this service keeps keys itself. It is at hand from now
    /// on. `SealingKey` if there is none but `current`.
    async fn next(&self, store: &str, current: Option<&KeyId>) -> Result<FreshKey>;

    /// Lets go of keys that nothing is sealed under, where this service keeps keys itself.
    async fn discard(&self, keys: &[KeyId]) -> Result<()>;

    /// Where keys come from, for people: `the file /etc/…`.
    fn source(&self) -> String;
}

/// A key service that keeps keys by encrypting them under one of its own.
#[async_trait]
pub trait KeyWrapper: Send + Sync + std::fmt::Debug {
    /// Makes a key of 32 bytes for a store: the key, and the key encrypted.
    async fn make(&self, store: &str) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>)>;

    /// Decrypts a key that was made for the same store.
    async fn unwrap(&self, store: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>>;

    /// Which service and key, for people.
    fn name(&self) -> String;
}

/// What is known of a key, and how much it is needed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyUse {
    /// Nothing for secrets from before seals named their key.
    pub id: Option<KeyId>,
    /// Whether secrets are sealed under it now.
    pub in_force: bool,
    /// Whether this service has it.
    pub at_hand: bool,
    /// Secrets that are sealed under it.
    pub records: u64,
}

/// What a step of re-sealing came to.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Resealed {
    /// Secrets that are now sealed under the key in force.
    pub resealed: u64,
    /// Secrets that cannot be opened; they stay as they are.
    pub unreadable: u64,
}

/// What a state says of the keys that its secrets are sealed under.
#[async_trait]
pub trait KeyStore: Send + Sync + std::fmt::Debug {
    /// To be called once, before anything is sealed: has the sealer get the keys that are needed, and puts its newest in force if none is. An error
    /// if secrets are stored whose key is not at hand.
    async fn open_keys(&self) -> Result<()>;

    /// Every key that is named, needed or at hand.
    async fn keys(&self) -> Result<Vec<KeyUse>>;

    /// Puts the sealer's next key in force.
    async fn change_key(&self) -> Result<KeyId>;

    /// Seals every secret anew that is not sealed under the key in force, some at a time. May be broken off and begun again.
    async fn reseal(&self) -> Result<Resealed>;

    /// Lets go of keys that are neither in force nor needed, and says which.
    async fn discard_keys(&self) -> Result<Vec<KeyId>>;

    /// Forgets the secrets that no key at hand opens, and the keys that are not at hand. How many secrets it were.
    async fn forget_lost(&self) -> Result<u64>;
}
