//! Shell patterns as Docker's `reference` filter has them: Go's `path.Match`, where `*` and `?` do not cross a `/`.

use std::str::FromStr;

/// A pattern that is known to be well formed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern(Vec<Token>);

/// The pattern has an open bracket, or ends in a backslash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct PatternError;

#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    Literal(char),
    AnyOne,
    AnyRun,
    OneOf { negated: bool, ranges: Vec<(char, char)> },
}

impl Pattern {
    /// Whether the whole text fits the pattern.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut token) = (0, 0);
        // The last `*` and where its run ended: on a mismatch the run takes one character more.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match self.0.get(token) {
                Some(Token::AnyRun) => {
                    retry = Some((token + 1, at));
                    token += 1;
                    continue;
                }
                Some(one) if text.get(at).is_some_and(|c| one.takes(*c)) => {
                    (token, at) = (token + 1, at + 1);
                    continue;
                }
                None if at == text.len() => return true,
                _ => {}
            }
            match retry {
                Some((next, end)) if text.get(end).is_some_and(|c| *c != '/') => {
                    retry = Some((next, end + 1));
                    (token, at) = (next, end + 1);
                }
                _ => return false,
            }
        }
    }
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == c,
            Self::AnyOne => c != '/',
            Self::AnyRun => false,
            Self::OneOf { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let mut rest = text.chars().peekable();
        let mut tokens = Vec::new();
        while let Some(c) = rest.next() {
            tokens.push(match c {
                '*' => Token::AnyRun,
                '?' => Token::AnyOne,
                '[' => one_of(&mut rest)?,
                '\\' => Token::Literal(rest.next().ok_or(PatternError)?),
                literal => Token::Literal(literal),
            });
        }
        Ok(Self(tokens))
    }
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn one_of(rest: &mut Rest<'_>) -> Result<Token, PatternError> {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    while ranges.is_empty() || rest.next_if_eq(&']').is_none() {
        let low = bound(rest)?;
        let high = if rest.next_if_eq(&'-').is_some() { bound(rest)? } else { low };
        ranges.push((low, high));
    }
    Ok(Token::OneOf { negated, ranges })
}

fn bound(rest: &mut Rest<'_>) -> Result<char, PatternError> {
    match rest.next() {
        None | Some('-' | ']') => Err(PatternError),
        Some('\\') => rest.next().ok_or(PatternError),
        Some(c) => Ok(c),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_stops_at_a_slash() {
        for (pattern, text, fits) in [
            ("*", "alpine", true),
            ("*", "team/app", false),
            ("team/*", "team/app:v1", true),
            ("*/app:v?", "team/app:v1", true),
            ("al*e:3.*", "alpine:3.20", true),
            ("a*b*c", "axbxbxc", true),
            ("a*b*c", "axbx", false),
            ("[a-c]pp", "bpp", true),
            ("[^a-c]pp", "bpp", false),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(pattern.parse::<Pattern>().unwrap().matches(text), fits, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_broken_pattern_is_refused() {
        for pattern in ["[", "[]", "[a", "[-a]", "[a-]", "a\\", "[^]"] {
            assert_eq!(pattern.parse::<Pattern>(), Err(PatternError), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn matching_ends_and_a_text_fits_itself(text in "[a-z/:.]{0,20}", pattern in "\\PC{0,20}") {
            prop_assert!(text.parse::<Pattern>().unwrap().matches(&text));
            if let Ok(pattern) = pattern.parse::<Pattern>() {
                let _ends = pattern.matches(&text);
            }
        }
    }
}
