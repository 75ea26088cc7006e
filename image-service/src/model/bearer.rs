//! Bearer tokens. What the service keeps of one is a hash: who reads its files cannot call it.

use std::{fmt, str::FromStr};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
    error::Unspecified,
    rand,
};
use secrecy::{ExposeSecret, SecretString};

/// By which scanners find a token that has leaked.
const MARK: &str = "ist_";
/// Bytes of chance in a token. That many need no slow hash.
const CHANCE: usize = 32;

/// A token that identifies a caller. `Debug` shows nothing of it.
#[derive(Clone, Debug)]
pub struct BearerToken(SecretString);

impl BearerToken {
    /// Draws one.
    pub fn random() -> Result<Self, Unspecified> {
        let mut chance = [0; CHANCE];
        rand::fill(&mut chance)?;
        Ok(Self(format!("{MARK}{}", hex::encode(chance)).into()))
    }

    /// For the one who shall have it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.expose())
    }
}

/// The SHA-256 of a token.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Of what a caller shows.
    #[must_use]
    pub fn of(token: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(bytes)
    }

    /// Whether both are of the same token. Takes the same time, wherever they differ.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl FromStr for TokenHash {
    type Err = &'static str;

    /// 64 hex digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| "the hash of a token is 64 hex digits")?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenHash({}…)", hex::encode(&self.0[..4]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash_and_no_two_are_alike() {
        let (one, two) = (BearerToken::random().unwrap(), BearerToken::random().unwrap());
        assert!(one.hash().is(&TokenHash::of(one.expose())));
        assert!(!one.hash().is(&two.hash()));
        let read: TokenHash = one.hash().to_string().parse().unwrap();
        assert!(read.is(&one.hash()));
        assert_eq!(one.expose().len(), MARK.len() + 2 * CHANCE);
    }

    #[test]
    fn debug_shows_no_token() {
        let token = BearerToken::random().unwrap();
        let shown = format!("{token:?} {:?}", token.hash());
        assert!(!shown.contains(token.expose()) && !shown.contains(&token.hash().to_string()), "{shown}");
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for text in ["", "abc", &"g".repeat(64), &"a".repeat(63), &"a".repeat(66)] {
            assert!(text.parse::<TokenHash>().is_err(), "{text}");
        }
    }
}
