//! The common name in the subject of a certificate (RFC 5280, 4.1.2.6): the part of a certificate that rustls has no reader for.

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
/// 2.5.4.3
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];

/// The last common name, which is the most specific one, of the content of an `RDNSequence`. Nothing unless the whole subject can be read.
pub(super) fn common_name(mut subject: &[u8]) -> Option<&str> {
    let mut found = None;
    while !subject.is_empty() {
        let (mut names, rest) = element(subject, SET)?;
        while !names.is_empty() {
            let (attribute, others) = element(names, SEQUENCE)?;
            let (kind, value) = element(attribute, OBJECT_IDENTIFIER)?;
            if kind == COMMON_NAME {
                found = Some(string(value)?);
            }
            names = others;
        }
        subject = rest;
    }
    found
}

fn string(value: &[u8]) -> Option<&str> {
    let (text, rest) = element(value, UTF8_STRING).or_else(|| element(value, PRINTABLE_STRING))?;
    rest.is_empty().then(|| std::str::from_utf8(text).ok()).flatten()
}

/// The content of the first element, if it is of that kind, and what comes after it (X.690, 8.1).
fn element(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => {
            let (&length, rest) = rest.split_first()?;
            (usize::from(length), rest)
        }
        0x82 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        _ => return None,
    };
    (found == kind).then(|| rest.split_at_checked(length)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: &[u8], tag: u8, text: &str) -> Vec<u8> {
        let value = der(tag, text.as_bytes());
        der(SET, &der(SEQUENCE, &[der(OBJECT_IDENTIFIER, kind), value].concat()))
    }

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = match u8::try_from(content.len()).unwrap() {
            short @ 0..=0x7f => vec![short],
            long => vec![0x81, long],
        };
        [vec![tag], length, content.to_vec()].concat()
    }

    #[test]
    fn the_last_common_name_counts() {
        let organisation = attribute(&[0x55, 0x04, 0x0a], UTF8_STRING, "Example");
        let first = attribute(&COMMON_NAME, UTF8_STRING, "first");
        let long = "n".repeat(150);
        let last = attribute(&COMMON_NAME, PRINTABLE_STRING, &long);
        assert_eq!(common_name(&[organisation.clone(), first, last].concat()), Some(&*long));
        assert_eq!(common_name(&organisation), None);
        assert_eq!(common_name(&[]), None);
    }

    #[test]
    fn a_subject_that_cannot_be_read_names_nobody() {
        let name = attribute(&COMMON_NAME, UTF8_STRING, "runner");
        for cut in 1..name.len() {
            assert_eq!(common_name(&name[..cut]), None, "{cut}");
        }
        assert_eq!(common_name(&attribute(&COMMON_NAME, 0x1e, "runner")), None, "a BMPString");
        assert_eq!(common_name(&[name, vec![0]].concat()), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_can_hurt(bytes: Vec<u8>) {
            let _ = common_name(&bytes);
        }
    }
}
