//! One key, and the form of its seals: `label | nonce | ciphertext and tag`, bound to label and place.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hmac,
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::KeyError;
use crate::model::KeyId;

/// The first byte of a seal that does not name its key, and the first word of what it is bound to.
const NAMELESS: u8 = 1;
/// What a key signs to give its fingerprint.
const FINGERPRINT: &[u8] = b"image-service: the fingerprint of a key that seals credentials";

/// A key, which the cipher holds and wipes.
pub(super) struct SealingKey {
    id: KeyId,
    cipher: RandomizedNonceKey,
}

impl SealingKey {
    /// Of 32 bytes.
    pub(super) fn new(key: &[u8]) -> Result<Self, KeyError> {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), FINGERPRINT);
        let id = KeyId::of(tag.as_ref()).ok_or(KeyError::Cipher)?;
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| KeyError::Cipher)?;
        Ok(Self { id, cipher })
    }

    pub(super) fn id(&self) -> KeyId {
        self.id
    }

    pub(super) fn seal(&self, place: &str, secret: &SecretString) -> Option<Vec<u8>> {
        let label = self.id.label();
        // With room for the tag, so that the plaintext is not copied while the buffer grows.
        let room = secret.expose_secret().len() + AES_256_GCM.tag_len();
        let mut content = Zeroizing::new(Vec::with_capacity(room));
        content.extend_from_slice(secret.expose_secret().as_bytes());
        let bound_to = Aad::from([&label[..], place.as_bytes()].concat());
        let nonce = self.cipher.seal_in_place_append_tag(bound_to, &mut *content).ok()?;
        Some([&label[..], nonce.as_ref(), &content].concat())
    }

    pub(super) fn open(&self, place: &str, sealed: &[u8]) -> Option<SecretString> {
        let (label, rest) = sealed.split_at_checked(KeyId::LABEL)?;
        self.opened([label, place.as_bytes()].concat(), rest)
    }

    /// A seal of the first form.
    pub(super) fn open_nameless(&self, place: &str, sealed: &[u8]) -> Option<SecretString> {
        let (form, rest) = sealed.split_first().filter(|(form, _)| **form == NAMELESS)?;
        self.opened(format!("{form}|{place}").into_bytes(), rest)
    }

    fn opened(&self, bound_to: Vec<u8>, rest: &[u8]) -> Option<SecretString> {
        let (nonce, content) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut content = Zeroizing::new(content.to_vec());
        let secret = self.cipher.open_in_place(nonce, Aad::from(bound_to), &mut content).ok()?;
        std::str::from_utf8(secret).ok().map(SecretString::from)
    }
}
