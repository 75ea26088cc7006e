//! Access keys: pairs of an id and a secret, each of an account.

use secrecy::SecretString;

/// Somebody who signs requests.
#[derive(Clone, Debug)]
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: SecretString,
    /// Twelve digits.
    pub(crate) account: String,
}

/// All access keys. Unlike passwords their secrets must be kept, since signatures are made of them.
#[derive(Default, Debug)]
pub(crate) struct AccessKeys(Vec<AccessKey>);

impl AccessKeys {
    pub(crate) fn new(keys: Vec<AccessKey>) -> Self {
        Self(keys)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn find(&self, id: &str) -> Option<&AccessKey> {
        self.0.iter().find(|key| key.id == id)
    }
}
