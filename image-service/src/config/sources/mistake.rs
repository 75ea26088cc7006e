//! One mistake in the configuration: where, which key, what is wrong, and what to do.

use std::{fmt, path::Path};

use super::{
    path::{Shown, Step, leading},
    tree::Origin,
};

/// A mistake, as it is told: `FILE:LINE:COLUMN: KEY: WHAT IS WRONG`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    place: Option<String>,
    key: String,
    text: String,
}

impl Mistake {
    /// `text` may begin with a key itself, which is then not said twice.
    pub(super) fn new(place: Option<String>, way: &[Step], text: impl Into<String>) -> Self {
        let text = text.into();
        let (named, length) = leading(&text);
        let key = Shown(way).to_string();
        let is_named = !way.is_empty() && named.starts_with(way) && length > 0;
        match is_named {
            true => Self { place, key: String::new(), text },
            false => Self { place, key, text },
        }
    }

    /// What has a text alone.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { place: None, key: String::new(), text: text.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [self.place.as_deref().unwrap_or_default(), &self.key] {
            if !part.is_empty() {
                write!(f, "{part}: ")?;
            }
        }
        f.write_str(&self.text)
    }
}

/// Where something was written, as mistakes and `config print` name it; none for what was written nowhere.
pub(super) fn place(origin: &Origin, file: Option<&Path>) -> Option<String> {
    let file = || file.map_or_else(|| "configuration".into(), Path::to_string_lossy);
    match origin {
        Origin::Default => None,
        Origin::File { line, column } => Some(format!("{}:{line}:{column}", file())),
        Origin::Variable(name) => Some(name.clone()),
        Origin::Flag(flag) => Some((*flag).to_owned()),
    }
}
