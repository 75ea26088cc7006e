//! The way to a value: `registries."ghcr.io".mirrors[0]`.

use std::fmt;

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Into a table.
    Key(String),
    /// Into an array, from 0.
    Index(usize),
}

impl Step {
    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(key),
            Self::Index(_) => None,
        }
    }
}

/// Shows a way as TOML writes it.
pub(super) struct Shown<'a>(pub(super) &'a [Step]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    let dot = if at == 0 { "" } else { "." };
                    match is_bare(key) {
                        true => write!(f, "{dot}{key}")?,
                        false => write!(f, "{dot}{key:?}")?,
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether TOML wants no quotes around it.
pub(super) fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.chars().all(is_key_char)
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// The way that a text begins with, and how long it is there: every mistake begins with its key.
pub(super) fn leading(text: &str) -> (Vec<Step>, usize) {
    let (mut steps, mut end) = (Vec::new(), 0);
    while let Some((key, length)) = segment(&text[end..]) {
        steps.push(Step::Key(key));
        end += length;
        while let Some((index, length)) = index(&text[end..]) {
            steps.push(Step::Index(index));
            end += length;
        }
        match text[end..].strip_prefix('.') {
            Some(rest) if segment(rest).is_some() => end += 1,
            _ => break,
        }
    }
    (steps, end)
}

/// A key, bare or in quotes, and how many bytes it takes.
fn segment(text: &str) -> Option<(String, usize)> {
    if let Some(quote @ ('"' | '\'')) = text.chars().next() {
        let inner = &text[1..];
        let length = inner.find(quote)?;
        return Some((inner[..length].to_owned(), length + 2));
    }
    let length = text.find(|c| !is_key_char(c)).unwrap_or(text.len());
    (length > 0).then(|| (text[..length].to_owned(), length))
}

fn index(text: &str) -> Option<(usize, usize)> {
    let inner = text.strip_prefix('[')?;
    let length = inner.find(']')?;
    Some((inner[..length].parse().ok()?, length + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_found_again() {
        for text in
            ["listen", "ecr.auth.kind", "registries.\"ghcr.io\".mirrors[1]", "ecr.accounts.123.region"]
        {
            let (steps, length) = leading(text);
            assert_eq!((Shown(&steps).to_string().as_str(), length), (text, text.len()));
        }
    }

    #[test]
    fn the_key_ends_where_the_sentence_goes_on() {
        for (text, key) in [
            ("credentials.key_file is missing", "credentials.key_file"),
            ("log.filter \"a=b\"", "log.filter"),
            ("listen: nowhere", "listen"),
            ("data_dir.", "data_dir"),
            ("(nothing)", ""),
            ("registries.\"unclosed", "registries"),
        ] {
            assert_eq!(Shown(&leading(text).0).to_string(), key, "{text}");
        }
    }
}
