//! Sealing secrets at rest: AES-256-GCM under one key, each seal bound to the place where it is kept.
//!
//! Invariants: neither key nor plaintext appears in `Debug`, an error or a log, and both are wiped when they are no longer needed. It does not
//! know what the secrets are or where they go.

mod key;

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

pub use key::KeyError;

use crate::{
    error::{Error, Result},
    ports::Sealer,
};

/// The first byte of a seal, and the first word of what it is bound to: `version | nonce | ciphertext and tag`.
const VERSION: u8 = 1;

/// Seals and opens.
pub struct Seal {
    key: RandomizedNonceKey,
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").finish_non_exhaustive()
    }
}

impl Sealer for Seal {
    fn seal(&self, place: &str, secret: &SecretString) -> Result<Vec<u8>> {
        // With room for the tag, so that the plaintext is not copied while the buffer grows.
        let room = secret.expose_secret().len() + AES_256_GCM.tag_len();
        let mut content = Zeroizing::new(Vec::with_capacity(room));
        content.extend_from_slice(secret.expose_secret().as_bytes());
        let nonce = self
            .key
            .seal_in_place_append_tag(bound_to(place), &mut *content)
            .map_err(|_| Error::internal("a secret cannot be sealed"))?;
        let parts: [&[u8]; 3] = [&[VERSION], nonce.as_ref(), &content];
        Ok(parts.concat())
    }

    fn open(&self, place: &str, sealed: &[u8]) -> Option<SecretString> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, content) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok().filter(|_| *version == VERSION)?;
        let mut content = Zeroizing::new(content.to_vec());
        let secret = self.key.open_in_place(nonce, bound_to(place), &mut content).ok()?;
        std::str::from_utf8(secret).ok().map(SecretString::from)
    }
}

fn bound_to(place: &str) -> Aad<Vec<u8>> {
    Aad::from(format!("{VERSION}|{place}").into_bytes())
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
