//! Quotes and variables of a word: `$x`, `${x}`, `${x:-otherwise}`, `${x:+instead}`, `${x:?message}`, `${x?message}`.

use std::{iter::Peekable, str::Chars};

use super::error::ExpansionFault;

/// How deep one substitution may stand in another.
const DEEPEST: usize = 32;
const SPECIAL: [char; 7] = ['@', '*', '#', '?', '-', '$', '!'];

/// A word without its quotes and with its variables replaced.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Expansion {
    /// As one text.
    pub(super) text: String,
    /// Split at white space that was not quoted.
    pub(super) words: Vec<String>,
}

impl Expansion {
    /// Expands a word by `NAME=value` texts; variables may stand for `most` bytes together.
    pub(super) fn of(word: &str, env: &[String], most: usize) -> Result<Self, ExpansionFault> {
        let mut reader = Reader { chars: word.chars().peekable(), env, left: most, depth: 0 };
        let mut gathered = reader.read_to(None)?;
        gathered.end_word();
        Ok(Self { text: gathered.text, words: gathered.words })
    }
}

#[derive(Default)]
struct Gathered {
    text: String,
    words: Vec<String>,
    word: String,
}

impl Gathered {
    fn push_quoted(&mut self, text: &str) {
        self.text.push_str(text);
        self.word.push_str(text);
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        for c in text.chars() {
            if c.is_whitespace() { self.end_word() } else { self.word.push(c) }
        }
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.words.push(std::mem::take(&mut self.word));
        }
    }
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    env: &'a [String],
    left: usize,
    depth: usize,
}

impl Reader<'_> {
    /// To the end, or behind a brace that is not quoted.
    fn read_to(&mut self, end: Option<char>) -> Result<Gathered, ExpansionFault> {
        let mut gathered = Gathered::default();
        while let Some(c) = self.chars.next() {
            match c {
                c if end == Some(c) => return Ok(gathered),
                '\'' => gathered.push_quoted(&self.single_quoted()?),
                '"' => gathered.push_quoted(&self.double_quoted()?),
                '$' => gathered.push(&self.variable()?),
                '\\' => {
                    gathered.push_quoted(self.chars.next().map(String::from).as_deref().unwrap_or_default())
                }
                c => gathered.push(c.encode_utf8(&mut [0; 4])),
            }
        }
        if end.is_some() { Err(ExpansionFault::NoBrace) } else { Ok(gathered) }
    }

    fn single_quoted(&mut self) -> Result<String, ExpansionFault> {
        let mut text = String::new();
        loop {
            match self.chars.next() {
                None => return Err(ExpansionFault::Unmatched("single-quote")),
                Some('\'') => return Ok(text),
                Some(c) => text.push(c),
            }
        }
    }

    /// A backslash is one unless it stands before what it can escape.
    fn double_quoted(&mut self) -> Result<String, ExpansionFault> {
        let mut text = String::new();
        loop {
            match self.chars.next() {
                None => return Err(ExpansionFault::Unmatched("double-quote")),
                Some('"') => return Ok(text),
                Some('$') => text.push_str(&self.variable()?),
                Some('\\') => match self.chars.next_if(|next| ['"', '$', '\\'].contains(next)) {
                    Some(escaped) => text.push(escaped),
                    None => text.push('\\'),
                },
                Some(c) => text.push(c),
            }
        }
    }

    /// What stands behind a dollar sign.
    fn variable(&mut self) -> Result<String, ExpansionFault> {
        if self.chars.next_if_eq(&'{').is_some() {
            return self.braced();
        }
        match self.name() {
            name if name.is_empty() => Ok("$".to_owned()),
            name => self.value(&name).map(Option::unwrap_or_default),
        }
    }

    fn braced(&mut self) -> Result<String, ExpansionFault> {
        match self.chars.peek() {
            None => return Err(ExpansionFault::NoBrace),
            Some('{' | '}' | ':') => return Err(ExpansionFault::BadSubstitution),
            Some(_) => {}
        }
        let name = self.name();
        match self.chars.next() {
            Some('}') => self.value(&name).map(Option::unwrap_or_default),
            Some('?') => {
                let message = self.alternative()?;
                self.value(&name)?.ok_or_else(|| required(name, message, "is not allowed to be unset"))
            }
            Some(':') => self.modified(name),
            _ => Err(ExpansionFault::NoColon),
        }
    }

    fn modified(&mut self, name: String) -> Result<String, ExpansionFault> {
        let modifier = self.chars.next().ok_or(ExpansionFault::NoBrace)?;
        let alternative = self.alternative()?;
        let value = self.value(&name)?;
        let is_set = value.as_ref().is_some_and(|value| !value.is_empty());
        match (modifier, value) {
            ('+', _) => Ok(if is_set { alternative } else { String::new() }),
            ('-', Some(value)) if is_set => Ok(value),
            ('-', _) => Ok(alternative),
            ('?', None) => Err(required(name, alternative, "is not allowed to be unset")),
            ('?', Some(_)) if !is_set => Err(required(name, alternative, "is not allowed to be empty")),
            ('?', Some(value)) => Ok(value),
            (other, _) => Err(ExpansionFault::Modifier(other)),
        }
    }

    /// What stands before the closing brace, in which anything can stand again.
    fn alternative(&mut self) -> Result<String, ExpansionFault> {
        if self.depth == DEEPEST {
            return Err(ExpansionFault::TooDeep);
        }
        self.depth += 1;
        let gathered = self.read_to(Some('}'))?;
        self.depth -= 1;
        Ok(gathered.text)
    }

    /// A name; digits alone, or one special character, are names too.
    fn name(&mut self) -> String {
        let mut name = String::new();
        if let Some(special) = self.chars.next_if(|c| SPECIAL.contains(c)) {
            return special.into();
        }
        let digits_only = self.chars.peek().is_some_and(char::is_ascii_digit);
        let belongs = |c: &char| c.is_ascii_digit() || !digits_only && (c.is_alphanumeric() || *c == '_');
        while let Some(c) = self.chars.next_if(belongs) {
            name.push(c);
        }
        name
    }

    /// Nothing for a variable that is not set.
    fn value(&mut self, name: &str) -> Result<Option<String>, ExpansionFault> {
        let named = |variable: &&String| variable.split('=').next() == Some(name);
        let Some(variable) = self.env.iter().rfind(named) else { return Ok(None) };
        self.left = self.left.checked_sub(variable.len()).ok_or(ExpansionFault::TooLarge)?;
        Ok(variable.split_once('=').map(|(_, value)| value.to_owned()))
    }
}

fn required(name: String, message: String, otherwise: &str) -> ExpansionFault {
    let message = if message.is_empty() { otherwise.to_owned() } else { message };
    ExpansionFault::Required { name, message }
}

#[cfg(test)]
#[path = "expansion_tests.rs"]
mod tests;
