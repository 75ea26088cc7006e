//! Words of a line: split at white space outside of quotes, with and without the quotes kept.

use super::error::ChangeError;

/// What Dockerfiles split lines at; other white space is part of a word.
pub(super) const BLANKS: [char; 5] = ['\t', '\x0b', '\x0c', '\r', ' '];

/// The first word and the rest.
pub(super) fn split_first(text: &str) -> Option<(&str, &str)> {
    text.split_once(BLANKS).map(|(first, rest)| (first, rest.trim_start_matches(BLANKS)))
}

/// `--flag=value` words at the beginning, without quotes and escapes, and the rest.
pub(super) fn flags(text: &str) -> (Vec<String>, &str) {
    let (mut flags, mut rest) = (Vec::new(), text.trim_start());
    while rest.starts_with("--") {
        let end = word_end(rest);
        let (word, behind) = rest.split_at(end);
        rest = behind.trim_start();
        let word = unquoted(word);
        if word == "--" {
            break;
        }
        flags.push(word);
    }
    (flags, rest)
}

/// Words with their quotes and escapes.
pub(super) fn quoted_words(text: &str) -> Vec<&str> {
    let (mut words, mut rest) = (Vec::new(), text.trim_start());
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(word_end(rest));
        words.push(word);
        rest = behind.trim_start();
    }
    words
}

/// `name value`, or `name=value` words, still quoted.
pub(super) fn pairs(instruction: &'static str, text: &str) -> Result<Vec<(String, String)>, ChangeError> {
    let words = quoted_words(text);
    let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    match words.first() {
        None => Ok(Vec::new()),
        Some(first) if !first.contains('=') => {
            split_first(text).map(|split| vec![pair(split)]).ok_or(ChangeError::NoValue(instruction))
        }
        Some(_) => words
            .iter()
            .map(|word| {
                word.split_once('=').map(pair).ok_or_else(|| ChangeError::NoEqualsSign((*word).to_owned()))
            })
            .collect(),
    }
}

/// Where the word ends that the text begins with.
fn word_end(text: &str) -> usize {
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (None, c) if c.is_whitespace() => return at,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            // Nothing is escaped between single quotes.
            (None | Some('"'), '\\') => {
                chars.next();
            }
            _ => {}
        }
    }
    text.len()
}

fn unquoted(word: &str) -> String {
    let (mut plain, mut quote) = (String::new(), None);
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (_, '\\') => plain.extend(chars.next()),
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_within_quotes_or_behind_a_backslash_does_not_end_a_word() {
        assert_eq!(
            quoted_words(r#" a="b c"  d='e \'  f\ g "h\" i" "#),
            [r#"a="b c""#, r"d='e \'", r"f\ g", r#""h\" i""#]
        );
    }

    #[test]
    fn flags_end_at_the_first_other_word_or_at_two_dashes() {
        assert_eq!(flags("--a=1 --b='x y' CMD --c"), (vec!["--a=1".into(), "--b=x y".into()], "CMD --c"));
        assert_eq!(flags("--a -- --b"), (vec!["--a".into()], "--b"));
        assert_eq!(flags("-a --b"), (vec![], "-a --b"));
    }
}
