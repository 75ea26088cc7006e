//! Why a type could not be made of what was configured, as serde tells it: typed, so that each fault gets its place and its remedy.
//!
//! Invariant: a value of the wrong type is not repeated, as it may be a secret.

use std::fmt;

use serde::de::{Expected, Unexpected};

use super::path::Step;

/// The first thing that stood in the way.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) what: What,
    /// The way to the value that was being read, last step first.
    way: Vec<Step>,
}

/// What stood in the way.
#[derive(Debug)]
pub(super) enum What {
    /// The table has a key that nobody reads.
    Unknown { key: String, known: &'static [&'static str] },
    /// The table lacks a key.
    Missing(&'static str),
    /// One of a few words was wanted.
    Word { found: String, known: &'static [&'static str] },
    /// Anything else, in words.
    Other(String),
}

impl Fault {
    pub(super) fn within(mut self, step: Step) -> Self {
        self.way.push(step);
        self
    }

    /// The way to the value that was being read.
    pub(super) fn way(&self) -> Vec<Step> {
        self.way.iter().rev().cloned().collect()
    }
}

impl From<What> for Fault {
    fn from(what: What) -> Self {
        Self { what, way: Vec::new() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Unknown { key, .. } => write!(f, "unknown key {key}"),
            What::Missing(key) => write!(f, "{key} is missing"),
            What::Word { found, .. } => write!(f, "{found:?} is not possible"),
            What::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(text: T) -> Self {
        What::Other(text.to_string()).into()
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        What::Other(format!("expected {}, found {}", plain(wanted), kind(found))).into()
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let text = match found {
            Unexpected::Signed(number) => format!("{number} is not {}", plain(wanted)),
            Unexpected::Unsigned(number) => format!("{number} is not {}", plain(wanted)),
            other => format!("expected {}, found another {}", plain(wanted), kind(other)),
        };
        What::Other(text).into()
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        What::Word { found: found.to_owned(), known }.into()
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        What::Unknown { key: key.to_owned(), known }.into()
    }

    fn missing_field(key: &'static str) -> Self {
        What::Missing(key).into()
    }
}

/// What serde wants, in the words of the file.
fn plain(wanted: &dyn Expected) -> String {
    let wanted = wanted.to_string();
    match wanted.as_str() {
        "u8" => "a whole number from 0 to 255".into(),
        "u16" => "a whole number from 0 to 65535".into(),
        "u32" | "u64" | "usize" => "a whole number, 0 or more".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a boolean" => "true or false".into(),
        "path string" => "a path in quotes".into(),
        "a sequence" => "a list".into(),
        text if text.starts_with("a nonzero ") => "a whole number, 1 or more".into(),
        text if text.starts_with("a string") => "a text in quotes".into(),
        text if ["struct ", "a map", "internally tagged enum "]
            .iter()
            .any(|table| text.starts_with(table)) =>
        {
            "a table".into()
        }
        _ => wanted,
    }
}

fn kind(found: Unexpected<'_>) -> &str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number with a fraction",
        Unexpected::Char(_) | Unexpected::Str(_) => "a text",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a table",
        Unexpected::Other(kind) => kind,
        _ => "something else",
    }
}
