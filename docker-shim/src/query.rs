//! The query of a request, read as Docker reads it: the first value of a key counts, and most texts are true.

use std::borrow::Cow;

use crate::{error::Failure, percent};

/// The decoded parameters, in order.
#[derive(Default, Debug)]
pub(crate) struct Query<'q> {
    pairs: Vec<(Cow<'q, str>, Cow<'q, str>)>,
}

impl<'q> Query<'q> {
    /// Reads the part of a URI behind the question mark.
    pub(crate) fn parse(text: Option<&'q str>) -> Result<Self, Failure> {
        let text = text.unwrap_or_default();
        if text.contains(';') {
            return Err(Failure::invalid("invalid semicolon separator in query"));
        }
        let parts = text.split('&').filter(|part| !part.is_empty());
        let pairs = parts.map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((percent::decode_query(key)?, percent::decode_query(value)?))
        });
        let pairs: Result<_, percent::BadEscape> = pairs.collect();
        Ok(Self { pairs: pairs.map_err(|_| Failure::invalid("invalid URL escape in query"))? })
    }

    /// The first value; an absent parameter is an empty one.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.find(key).unwrap_or_default()
    }

    /// Docker's truth: empty, "0", "no", "false" and "none" are false, everything else is true.
    pub(crate) fn flag(&self, key: &str) -> bool {
        let value = self.text(key).trim();
        !["", "0", "no", "false", "none"].iter().any(|no| value.eq_ignore_ascii_case(no))
    }

    /// As `flag`, with a value for an absent parameter.
    pub(crate) fn flag_or(&self, key: &str, absent: bool) -> bool {
        if self.find(key).is_some() { self.flag(key) } else { absent }
    }

    /// All values.
    pub(crate) fn texts<'s>(&'s self, key: &'s str) -> impl Iterator<Item = &'s str> {
        self.pairs.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_ref())
    }

    fn find(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn first_value_counts() {
        let query = Query::parse(Some("fromImage=127.0.0.1%3A5000%2Fa&tag=v+1&tag=b&&x")).unwrap();
        assert_eq!(query.text("fromImage"), "127.0.0.1:5000/a");
        assert_eq!(query.text("tag"), "v 1");
        assert_eq!((query.text("x"), query.text("y")), ("", ""));
    }

    #[test]
    fn everything_that_is_not_a_known_no_is_true() {
        for (text, truth) in [
            ("f=1", true),
            ("f=True", true),
            ("f=yes", true),
            ("f=x", true),
            ("f=", false),
            ("f", false),
            ("g=1", false),
            ("f=0", false),
            ("f=False", false),
            ("f=%20NONE%20", false),
            ("f=no", false),
        ] {
            assert_eq!(Query::parse(Some(text)).unwrap().flag("f"), truth, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_query_is_too_odd(text in "\\PC*") {
            if let Ok(query) = Query::parse(Some(&text)) {
                let _ = (query.text("a"), query.flag("a"));
            }
        }
    }

    #[test]
    fn semicolons_and_broken_escapes_are_refused() {
        for broken in ["a=1;b=2", "a=%", "%zz=1"] {
            assert_eq!(Query::parse(Some(broken)).unwrap_err().status, 400, "{broken}");
        }
    }
}
