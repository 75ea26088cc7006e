//! Keys as they are written: 32 bytes as they are, or as text, one or several.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use super::{KeyError, sealing_key::SealingKey};

pub(super) const KEY_LENGTH: usize = 32;
/// More than anyone keeps at once, as text.
pub(super) const MOST_BYTES: usize = 4096;
/// What base64 may decode to while it is looked at.
const ROOM: usize = 48;
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A key as it is.
pub(super) type Bytes = Zeroizing<[u8; KEY_LENGTH]>;

/// The keys in the order in which they are written, at least one.
pub(super) fn read(content: &[u8], place: impl Fn() -> String) -> Result<Vec<SealingKey>, KeyError> {
    bytes(content, place)?.iter().map(|key| SealingKey::new(&key[..])).collect()
}

/// The same, before they are made keys of.
pub(super) fn bytes(content: &[u8], place: impl Fn() -> String) -> Result<Vec<Bytes>, KeyError> {
    let wrong = || KeyError::Content { place: place() };
    if let Ok(key) = content.try_into() {
        return Ok(vec![Zeroizing::new(key)]);
    }
    if content.len() > MOST_BYTES {
        return Err(wrong());
    }
    let words = content.split(|byte| byte.is_ascii_whitespace() || *byte == b',');
    let words = words.filter(|word| !word.is_empty());
    let keys = words.map(|word| key_of(word).ok_or_else(wrong)).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() { Err(wrong()) } else { Ok(keys) }
}

fn key_of(word: &[u8]) -> Option<Bytes> {
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    if word.len() == 2 * KEY_LENGTH {
        hex::decode_to_slice(word, &mut *key).ok()?;
        return Some(key);
    }
    let mut room = Zeroizing::new([0; ROOM]);
    let length = BASE64.decode_slice(word, &mut *room).ok()?;
    let decoded = room.get(..length).filter(|decoded| decoded.len() == KEY_LENGTH)?;
    key.copy_from_slice(decoded);
    Some(key)
}
