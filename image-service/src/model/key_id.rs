//! Which key a secret is sealed under.

use std::{fmt, str::FromStr};

const LENGTH: usize = 8;
/// Of seals that say whose they are. The first form was nameless.
const FORM: u8 = 2;

/// The fingerprint of a key: it tells keys apart and nothing about them. Written as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct KeyId([u8; LENGTH]);

/// Not the fingerprint of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the ID of a key has 16 hexadecimal digits")]
pub struct KeyIdError;

impl KeyId {
    /// How long a label is.
    pub const LABEL: usize = 1 + LENGTH;

    /// From a longer digest of the key.
    #[must_use]
    pub fn of(digest: &[u8]) -> Option<Self> {
        digest.first_chunk().copied().map(Self)
    }

    /// What every seal under the key begins with.
    #[must_use]
    pub fn label(&self) -> [u8; Self::LABEL] {
        let mut label = [FORM; Self::LABEL];
        label[1..].copy_from_slice(&self.0);
        label
    }

    /// Whose seal it is; nothing if it does not say.
    #[must_use]
    pub fn of_seal(sealed: &[u8]) -> Option<Self> {
        let (form, rest) = sealed.split_first()?;
        rest.first_chunk().filter(|_| *form == FORM).copied().map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        let mut id = [0; LENGTH];
        hex::decode_to_slice(text, &mut id).map_err(|_| KeyIdError)?;
        Ok(Self(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_says_whose_seal_it_is() {
        let id: KeyId = "00ff12abcdef0102".parse().unwrap();
        let sealed = [&id.label()[..], b"nonce and secret"].concat();
        assert_eq!(KeyId::of_seal(&sealed), Some(id));
        assert_eq!(id.to_string(), "00ff12abcdef0102");
        assert_eq!(KeyId::of_seal(&[1; 40]), None, "the form without a name");
        assert_eq!(KeyId::of_seal(&id.label()[..8]), None);
        assert_eq!("00ff".parse::<KeyId>(), Err(KeyIdError));
    }
}
