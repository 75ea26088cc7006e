//! Issuers of web identity tokens, and their keys (RFC 7517): RSA, and ECDSA over P-256.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

/// What a public key on P-256 begins with, as a point that is not compressed (SEC 1, section 2.3.3).
const POINT: u8 = 4;
/// Of one coordinate.
const COORDINATE_BYTES: usize = 32;

/// Somebody who issues tokens.
#[derive(Debug)]
pub(crate) struct IdentityProvider {
    /// As their tokens have it.
    pub(crate) issuer: String,
    keys: Vec<PublicKey>,
}

#[derive(Debug)]
enum PublicKey {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    kty: String,
    crv: Option<String>,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
}

impl IdentityProvider {
    /// Reads a document of keys. Keys of other kinds are passed over; one must be left.
    pub(crate) fn parse(issuer: &str, document: &str) -> Result<Self, String> {
        let document: Document = serde_json::from_str(document).map_err(|error| error.to_string())?;
        let keys: Vec<_> = document.keys.iter().filter_map(PublicKey::read).collect();
        if keys.is_empty() {
            return Err("the document has no key of RSA or P-256".to_owned());
        }
        Ok(Self { issuer: issuer.to_owned(), keys })
    }

    /// Whether one of the keys has signed a text.
    pub(crate) fn has_signed(&self, algorithm: &str, text: &[u8], signature: &[u8]) -> bool {
        self.keys.iter().any(|key| match (key, algorithm) {
            (PublicKey::Rsa { n, e }, "RS256") => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, text, signature).is_ok()
            }
            (PublicKey::P256(point), "ES256") => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(text, signature).is_ok()
            }
            _ => false,
        })
    }
}

impl PublicKey {
    fn read(key: &Key) -> Option<Self> {
        let number = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        match (&*key.kty, key.crv.as_deref()) {
            ("RSA", _) => Some(Self::Rsa { n: number(&key.n)?, e: number(&key.e)? }),
            ("EC", Some("P-256")) => {
                let (x, y) = (number(&key.x)?, number(&key.y)?);
                let is_whole = x.len() == COORDINATE_BYTES && y.len() == COORDINATE_BYTES;
                is_whole.then(|| Self::P256([vec![POINT], x, y].concat()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        rsa::{KeyPair, KeySize},
        signature::{KeyPair as _, RSA_PKCS1_SHA256},
    };
    use serde_json::json;

    use super::*;

    #[test]
    fn a_signature_by_an_rsa_key_is_one_of_that_key_and_algorithm_alone() {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        // A sequence of two integers (RFC 8017, appendix A.1.1), of 256 bytes after a zero and of 3.
        let der = pair.public_key().as_ref();
        let (n, e) = (&der[9..265], &der[der.len() - 3..]);
        let key = json!({
            "kty": "RSA",
            "n": encode(n),
            "e": encode(e),
        });
        let provider = IdentityProvider::parse("x", &json!({ "keys": [key] }).to_string()).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), b"text", &mut signature).unwrap();
        assert!(provider.has_signed("RS256", b"text", &signature));
        assert!(!provider.has_signed("RS256", b"other", &signature));
        for algorithm in ["ES256", "none", "HS256"] {
            assert!(!provider.has_signed(algorithm, b"text", &signature), "{algorithm}");
        }
    }
}
