//! PAX records (POSIX pax, "Extended Header"): `length key=value\n`, where the value may hold anything, line feeds too.

use std::io;

use super::members::invalid_header;

/// Those that matter here.
#[derive(Default, PartialEq, Eq, Debug)]
pub(super) struct Records {
    pub(super) name: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    /// GNU's sparse files in PAX form.
    pub(super) sparse: bool,
}

impl Records {
    /// Reads all records; the last of several counts.
    pub(super) fn parse(mut bytes: &[u8]) -> io::Result<Self> {
        let mut records = Self::default();
        while !bytes.is_empty() {
            let (key, value, rest) = split(bytes).ok_or_else(invalid_header)?;
            match key {
                // An empty value takes back what a record before it said.
                b"path" => records.name = Some(value.to_vec()).filter(|value| !value.is_empty()),
                b"linkpath" => records.link = Some(value.to_vec()).filter(|value| !value.is_empty()),
                b"size" if value.is_empty() => records.size = None,
                b"size" => records.size = Some(number(value).ok_or_else(invalid_header)?),
                _ => records.sparse |= key.starts_with(b"GNU.sparse."),
            }
            bytes = rest;
        }
        Ok(records)
    }
}

/// Key and value of the first record, and what follows it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let length = usize::try_from(number(bytes.get(..space)?)?).ok()?;
    let (record, rest) = (bytes.get(space + 1..length)?, bytes.get(length..)?);
    let record = record.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some((record.get(..equals)?, record.get(equals + 1..)?, rest))
}

fn number(digits: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    digits?.parse().ok().filter(|number| i64::try_from(*number).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_hold_line_feeds_and_equals_signs() {
        let records = Records::parse(b"17 xattr=a\nb=cd\n\n12 path=x=y\n9 size=7\n").unwrap();
        assert_eq!(records, Records { name: Some(b"x=y".to_vec()), size: Some(7), ..Records::default() });
    }

    #[test]
    fn what_is_no_record_is_an_invalid_header() {
        for bytes in [
            &b"x"[..],
            b"9 path=a",
            b"99 path=a\n",
            b"10 patha=\xff",
            b"3 a\n",
            b"0 path=a\n",
            b"9 size=-\n",
            b"28 size=99999999999999999999\n",
            b"99999999999999999999 path=a\n",
        ] {
            assert!(Records::parse(bytes).is_err(), "{bytes:?}");
        }
    }
}
