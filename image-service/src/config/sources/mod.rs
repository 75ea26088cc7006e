//! Where the configuration comes from: defaults, the file over them, the environment over it, flags over all.
//!
//! The layers become one tree whose values know where they were written, and serde makes the configuration of that. What fails is told, taken
//! out, and the rest read again, until nothing fails: so all mistakes are told at once, whatever derives `Deserialize`.

mod environment;
mod example;
mod fault;
mod file;
mod masks;
mod mistake;
mod path;
mod print;
mod reader;
mod reading;
mod remedy;
mod tree;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

pub use mistake::Mistake;

use super::Config;
use tree::{Node, Origin};

/// Everything that was configured, not yet understood.
pub struct Sources {
    file: Option<PathBuf>,
    given: Node,
    mistakes: Vec<Mistake>,
}

/// A flag that stands for a key.
#[derive(Clone, Debug)]
pub struct Flag {
    /// As it is typed: `--listen`.
    pub name: &'static str,
    /// The key, without dots.
    pub key: &'static str,
    /// What was typed behind it.
    pub value: String,
}

impl Sources {
    /// Reads the file and takes in what lies over it. What cannot be read is a mistake like others, told by `read`.
    pub fn gather(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Self {
        let (mut given, mut mistakes) = file.map_or_else(nothing, from_file);
        mistakes.extend(environment::overlay(&mut given, variables));
        for flag in flags {
            given.put(&[flag.key.to_owned()], flag.value, Origin::Flag(flag.name));
        }
        Self { file: file.map(Path::to_owned), given, mistakes }
    }

    /// The configuration, or all mistakes in it, in the order of the file.
    pub fn config(&self) -> Result<Config, Vec<Mistake>> {
        match self.examine(|_| Vec::new()) {
            (config, mistakes) if mistakes.is_empty() => Ok(config),
            (_, mistakes) => Err(mistakes),
        }
    }

    /// What is wrong with the configuration, and with what `check` makes of the part that can be understood. Each of its texts begins with the
    /// key that it is about.
    pub fn mistakes(&self, check: impl FnOnce(&Config) -> Vec<String>) -> Vec<Mistake> {
        self.examine(check).1
    }

    /// The configuration as TOML, each value with its origin, secrets masked.
    pub fn print(&self) -> Result<String, Vec<Mistake>> {
        self.config()?;
        Ok(print::document(&self.given, self.file.as_deref()))
    }

    fn examine(&self, check: impl FnOnce(&Config) -> Vec<String>) -> (Config, Vec<Mistake>) {
        let mut reading = reading::Reading::new(self.given.clone(), self.file.as_deref());
        let config = reading.finish::<Config>();
        let told = check(&config);
        let told = told.into_iter().filter_map(|text| reading.place(text)).collect::<Vec<_>>();
        let mistakes = self.mistakes.iter().cloned().chain(reading.into_mistakes()).chain(told);
        (config, mistakes.collect())
    }
}

fn nothing() -> (Node, Vec<Mistake>) {
    (Node::empty_table(Origin::Default), Vec::new())
}

fn from_file(path: &Path) -> (Node, Vec<Mistake>) {
    let text = match file::load(path) {
        Ok(text) => text,
        Err(why) => return (Node::empty_table(Origin::Default), vec![Mistake::plain(why)]),
    };
    let (root, flaws) = file::parse(&text);
    let tell = |flaw: file::Flaw| {
        Mistake::plain(format!("{}:{}:{}: {}", path.display(), flaw.line, flaw.column, flaw.text))
    };
    (root, flaws.into_iter().map(tell).collect())
}

#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
