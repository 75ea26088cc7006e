//! What was configured, each value with the place it came from, before anything is made of it.

use std::collections::BTreeMap;

use super::path::Step;

/// Most names in a path of a variable, so that no environment nests deeper than a file may.
pub(super) const DEEPEST: usize = 16;

/// A value and where it was written. Has no `Debug`, as it may hold secrets.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// What was written.
#[derive(Clone)]
pub(super) enum Value {
    /// Outside of TOML, by a variable or a flag: who reads it says of what type it is.
    Text(String),
    String(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// What no key wants, by what it is; kept so that the mistake can be told.
    Unwanted(&'static str),
    Array(Vec<Node>),
    Table(BTreeMap<String, Node>),
    /// A mistake that has been told, and is not read again.
    Told,
    /// Whatever is asked for, in place of a mistake that was told but cannot be left out.
    StandIn,
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nowhere: it is what counts if nobody says otherwise.
    Default,
    /// In the file; both from 1.
    File { line: usize, column: usize },
    /// A variable of the environment.
    Variable(String),
    /// A flag.
    Flag(&'static str),
}

impl Node {
    pub(super) fn empty_table(origin: Origin) -> Self {
        Self { value: Value::Table(BTreeMap::new()), origin }
    }

    pub(super) fn child(&self, step: &Step) -> Option<&Self> {
        match (&self.value, step) {
            (Value::Table(entries), Step::Key(key)) => entries.get(key),
            (Value::Array(elements), Step::Index(at)) => elements.get(*at),
            _ => None,
        }
    }

    pub(super) fn child_mut(&mut self, step: &Step) -> Option<&mut Self> {
        match (&mut self.value, step) {
            (Value::Table(entries), Step::Key(key)) => entries.get_mut(key),
            (Value::Array(elements), Step::Index(at)) => elements.get_mut(*at),
            _ => None,
        }
    }

    pub(super) fn at(&self, path: &[Step]) -> Option<&Self> {
        path.iter().try_fold(self, |node, step| node.child(step))
    }

    pub(super) fn at_mut(&mut self, path: &[Step]) -> Option<&mut Self> {
        path.iter().try_fold(self, |node, step| node.child_mut(step))
    }

    /// Whether it, or anything in it, was told of as a mistake.
    pub(super) fn is_doubtful(&self) -> bool {
        match &self.value {
            Value::Told | Value::StandIn => true,
            Value::Array(elements) => elements.iter().any(Self::is_doubtful),
            Value::Table(entries) => entries.values().any(Self::is_doubtful),
            _ => false,
        }
    }

    /// The way to a value that is an absolute path, and is repeated in a text.
    pub(super) fn path_in(&self, text: &str) -> Option<Vec<Step>> {
        match &self.value {
            Value::Text(path) | Value::String(path) => {
                (path.len() > 1 && path.starts_with('/') && text.contains(path.as_str())).then(Vec::new)
            }
            Value::Table(entries) => entries.iter().find_map(|(key, entry)| {
                let mut way = entry.path_in(text)?;
                way.insert(0, Step::Key(key.clone()));
                Some(way)
            }),
            _ => None,
        }
    }

    /// Lays another tree over this one: what it says counts.
    pub(super) fn overlay(&mut self, over: Self) {
        match (&mut self.value, over.value) {
            (Value::Table(entries), Value::Table(others)) => {
                self.origin = over.origin;
                for (key, other) in others {
                    match entries.get_mut(&key) {
                        Some(entry) => entry.overlay(other),
                        None => drop(entries.insert(key, other)),
                    }
                }
            }
            (_, value) => *self = Self { value, origin: over.origin },
        }
    }

    /// Puts a value at a path of keys, and makes the tables on the way. A value that is no table stays in the way, as its mistake is told.
    pub(super) fn put(&mut self, keys: &[String], text: String, origin: Origin) {
        let Value::Table(entries) = &mut self.value else { return };
        match keys {
            [] => {}
            [last] => drop(entries.insert(last.clone(), Self { value: Value::Text(text), origin })),
            [first, rest @ ..] => entries
                .entry(first.clone())
                .or_insert_with(|| Self::empty_table(origin.clone()))
                .put(rest, text, origin),
        }
    }
}
