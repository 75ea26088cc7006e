//! Percent-encoding of paths and queries (RFC 3986 section 2.1, with `+` for a blank in queries).

use std::borrow::Cow;

/// An escape that is cut short or has no hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BadEscape;

/// Decodes a path. Bytes that are not UTF-8 become replacement characters, which no name contains.
pub(crate) fn decode_path(path: &str) -> Result<Cow<'_, str>, BadEscape> {
    if path.contains('%') { decode(path, false).map(Cow::Owned) } else { Ok(Cow::Borrowed(path)) }
}

/// Decodes a key or value of a query.
pub(crate) fn decode_query(part: &str) -> Result<Cow<'_, str>, BadEscape> {
    if part.contains(['%', '+']) { decode(part, true).map(Cow::Owned) } else { Ok(Cow::Borrowed(part)) }
}

/// Encodes a path as Go's `net/url` does.
pub(crate) fn encode_path(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => encoded.push(char::from(byte)),
            b'-' | b'_' | b'.' | b'~' | b'/' | b'$' | b'&' | b'+' | b',' | b':' | b';' | b'=' | b'@' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn decode(text: &str, plus_is_blank: bool) -> Result<String, BadEscape> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex_digit(bytes.next())? << 4 | hex_digit(bytes.next())?,
            b'+' if plus_is_blank => b' ',
            _ => byte,
        });
    }
    Ok(match String::from_utf8(decoded) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

fn hex_digit(byte: Option<u8>) -> Result<u8, BadEscape> {
    match byte.ok_or(BadEscape)? {
        digit @ b'0'..=b'9' => Ok(digit - b'0'),
        digit @ b'a'..=b'f' => Ok(digit - b'a' + 10),
        digit @ b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(BadEscape),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_decoded() {
        assert_eq!(decode_path("docker.io%2Flibrary%2fmin%3A1").unwrap(), "docker.io/library/min:1");
        assert_eq!(decode_path("a+b").unwrap(), "a+b");
        assert_eq!(decode_query("a+b%20c").unwrap(), "a b c");
        assert_eq!(decode_path("%ff").unwrap(), "\u{fffd}");
    }

    #[test]
    fn broken_escapes_are_refused() {
        for broken in ["%", "%2", "%zz", "a%"] {
            assert_eq!(decode_path(broken), Err(BadEscape), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn encoding_is_undone_by_decoding(path in "\\PC*") {
            let encoded = encode_path(&path);
            prop_assert_eq!(decode_path(&encoded).unwrap(), path);
        }
    }
}
