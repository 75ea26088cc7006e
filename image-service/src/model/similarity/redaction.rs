//! What of a config's text must not enter a document: it may be kept in clear, sent to an embedder, and found by trying words.
//!
//! Invariant: what is the value of a secret-looking name enters nowhere. In doubt a word is left out: a document does not need every word.

use std::collections::HashSet;

use super::words::words;

/// Parts of names, without what separates words in them, that make a name secret wherever they stand.
const TELLTALES: [&str; 16] = [
    "password",
    "passwd",
    "passphrase",
    "sshpass",
    "secret",
    "token",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
    "encryptionkey",
    "signingkey",
    "authorization",
    "connectionstring",
    "cookie",
    "bearer",
];
/// Words of a name that make it secret.
const SECRET_WORDS: [&str; 13] =
    ["key", "keys", "pass", "pwd", "pw", "auth", "pin", "salt", "dsn", "jwt", "pat", "session", "signature"];
/// Options that a credential follows.
const OPTIONS: [&str; 2] = ["-u", "--user"];
/// A mixture of letters and digits as long as this is no word; most are keys or digests.
const RANDOM: usize = 20;

/// Whether a variable, a label or an option has a secret for a value, by its name.
pub(super) fn is_secret_name(name: &str) -> bool {
    has_telltale(name) || segments(name).any(|word| SECRET_WORDS.contains(&word.as_str()))
}

fn has_telltale(text: &str) -> bool {
    let bare: String = text.chars().filter(|c| !"_-. ".contains(*c)).collect::<String>().to_lowercase();
    TELLTALES.iter().any(|telltale| bare.contains(telltale))
}

/// `dbPassKey`, `DB_PASS_KEY` and `db.pass-key` have the same.
fn segments(name: &str) -> impl Iterator<Item = String> {
    let mut spaced = String::with_capacity(name.len());
    let mut after_small = false;
    for c in name.chars() {
        if c.is_uppercase() && after_small {
            spaced.push(' ');
        }
        after_small = c.is_lowercase();
        spaced.extend(c.to_lowercase());
    }
    words(&spaced).collect::<Vec<_>>().into_iter()
}

/// Reads the words of one image that are no secrets.
#[derive(Debug, Default)]
pub(super) struct Redaction {
    /// Words of values that stand under a secret name somewhere in the config.
    secrets: HashSet<String>,
}

impl Redaction {
    /// Learns a pair of name and value, before anything is read.
    pub(super) fn learn(&mut self, name: &str, value: &str) {
        if is_secret_name(name) {
            self.secrets.extend(words(value));
        }
    }

    /// The name's words, and the value's if the name is not secret.
    pub(super) fn pair(&self, name: &str, value: &str) -> Vec<String> {
        let value = if is_secret_name(name) { "" } else { value };
        self.known_words(name).chain(self.text(value)).collect()
    }

    /// The words of a text up to the first sign of a secret, without those that look like one themselves.
    pub(super) fn text(&self, text: &str) -> Vec<String> {
        let tokens = text.split(|c: char| c.is_whitespace() || "\"'`;,()[]{}|&<>?".contains(c));
        let safe = tokens.take_while(|token| !announces_secret(token)).filter(|token| !looks_secret(token));
        safe.flat_map(|token| self.known_words(token)).collect()
    }

    fn known_words(&self, token: &str) -> impl Iterator<Item = String> {
        words(token).filter(|word| !self.secrets.contains(word))
    }
}

/// `PASSWORD`, `--token=…`, `ENV=API_KEY=…`: the value is in this token or follows, nobody knows how long.
fn announces_secret(token: &str) -> bool {
    let mut parts: Vec<_> = token.split(['=', ':']).collect();
    parts.pop();
    OPTIONS.contains(&token) || has_telltale(token) || parts.into_iter().any(is_secret_name)
}

/// A URL with a password in it, `-pPASSWORD`, or something that no one would call a word.
fn looks_secret(token: &str) -> bool {
    let in_url = token.contains("://") && token.contains('@');
    let attached = token.starts_with("-p") && token.len() > 2;
    in_url || attached || token.split(['/', '.', ':', '@', '=']).any(is_random) || is_base64(token)
}

fn is_random(piece: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| piece.bytes().any(|b| kind(&b));
    piece.len() >= RANDOM && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
}

/// With slashes in it, which paths have as well, but hardly all three kinds of characters and no dot.
fn is_base64(token: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| token.bytes().any(|b| kind(&b));
    token.len() >= 2 * RANDOM
        && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
}

#[cfg(test)]
#[path = "redaction_tests.rs"]
mod tests;
