//! Reads a tree until nothing in it fails: each fault is told and taken out, and all is read again.
//!
//! Invariant: every round takes something out of the tree, so there are no more rounds than values.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::{
    environment, example,
    fault::{Fault, What},
    mistake::{Mistake, place},
    path::{Step, leading},
    reader::Reader,
    remedy,
    tree::{Node, Origin, Value},
};

/// More help nobody; what was named is no configuration at all.
const MOST_MISTAKES: usize = 100;

/// A tree that is being read.
pub(super) struct Reading<'a> {
    root: Node,
    file: Option<&'a Path>,
    mistakes: Vec<(Option<Origin>, Mistake)>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(root: Node, file: Option<&'a Path>) -> Self {
        Self { root, file, mistakes: Vec::new() }
    }

    /// What can be made of the tree without its mistakes.
    pub(super) fn finish<T: DeserializeOwned + Default>(&mut self) -> T {
        while self.mistakes.len() < MOST_MISTAKES {
            match T::deserialize(Reader(&self.root)) {
                Ok(value) => return value,
                Err(fault) if !self.settle(&fault) => {
                    if self.mistakes.is_empty() {
                        self.tell(&[], fault.to_string());
                    }
                    break;
                }
                Err(_) => {}
            }
        }
        T::default()
    }

    /// In the order of the file; what was written elsewhere comes last.
    pub(super) fn into_mistakes(mut self) -> Vec<Mistake> {
        self.mistakes.sort_by_key(|(origin, _)| match origin {
            Some(Origin::File { line, column }) => (*line, *column),
            _ => (usize::MAX, 0),
        });
        self.mistakes.into_iter().map(|(_, mistake)| mistake).collect()
    }

    /// Gives a text its place: that of the key it begins with, else of a file that it names. None if that was told of already.
    pub(super) fn place(&self, text: String) -> Option<Mistake> {
        let Some(way) = self.about(&text) else { return Some(Mistake::plain(text)) };
        let node = self.root.at(&way).filter(|node| !node.is_doubtful())?;
        Some(Mistake::new(place(&node.origin, self.file), &way, text))
    }

    /// The value that a text is about, as far as it was written.
    fn about(&self, text: &str) -> Option<Vec<Step>> {
        let (mut steps, _) = leading(text);
        while !steps.is_empty() && self.root.at(&steps).is_none() {
            steps.pop();
        }
        if steps.is_empty() { self.root.path_in(text) } else { Some(steps) }
    }

    /// Tells a fault and takes its cause out of the tree. False if nothing is left to take out.
    fn settle(&mut self, fault: &Fault) -> bool {
        let mut way = fault.way();
        // What a variable's text holds is not in the tree, the text is.
        while self.root.at(&way).is_none() && way.pop().is_some() {}
        let is_told = |node: &Node| matches!(node.value, Value::StandIn | Value::Told);
        if self.root.at(&way).is_some_and(is_told) {
            // A stand-in that did not do: what it stands in for is needed, so the table around it goes.
            return way.split_last().is_some_and(|(_, table)| self.take_out(table));
        }
        match &fault.what {
            What::Missing(key) => self.stand_in(way, key),
            What::Unknown { key, known } => self.unknown(way, key, known),
            What::Word { found, known } => {
                let text = format!("{found:?} is not possible: {}", remedy::among(found, known));
                let cause = self.holds(&way, found);
                self.other(way, cause, text)
            }
            What::Other(text) => {
                let cause = self.named_by(text).filter(|named| named.starts_with(&way));
                self.other(way, cause, text.clone())
            }
        }
    }

    fn unknown(&mut self, mut way: Vec<Step>, key: &str, known: &[&str]) -> bool {
        let is_top = way.is_empty();
        way.push(Step::Key(key.to_owned()));
        let is_anothers = match self.root.at(&way).map(|node| &node.origin) {
            Some(Origin::Variable(name)) if is_top => {
                environment::may_be_anothers(name) && !is_like_a_value(key)
            }
            _ => false,
        };
        if !is_anothers {
            self.tell(&way, format!("unknown key: {}", remedy::for_key(key, known, example::all())));
        }
        self.take_out(&way)
    }

    fn stand_in(&mut self, mut way: Vec<Step>, key: &str) -> bool {
        let is_new = self.root.at(&way).is_some_and(|table| table.child(&Step::Key(key.into())).is_none());
        if is_new {
            self.tell(&way, format!("{key} is missing, and this table needs it"));
        }
        let Some(Value::Table(entries)) = self.root.at_mut(&way).map(|node| &mut node.value) else {
            return way.pop().is_some() && self.take_out(&way);
        };
        let node = Node { value: Value::StandIn, origin: Origin::Default };
        entries.insert(key.to_owned(), node);
        true
    }

    /// `cause` is what in the value at `way` the text is about. What was told of it before is not told again.
    fn other(&mut self, way: Vec<Step>, cause: Option<Vec<Step>>, text: String) -> bool {
        let is_told = |way: &Vec<Step>| self.root.at(way).is_some_and(Node::is_doubtful);
        if cause.as_ref().is_some_and(is_told) {
            return self.take_out(&way);
        }
        let cause = cause.unwrap_or(way);
        self.tell(&cause, text);
        self.take_out(&cause)
    }

    fn tell(&mut self, way: &[Step], text: String) {
        let origin = self.root.at(way).map(|node| node.origin.clone());
        let at = origin.as_ref().and_then(|origin| place(origin, self.file));
        self.mistakes.push((origin, Mistake::new(at, way, text)));
    }

    fn take_out(&mut self, way: &[Step]) -> bool {
        let Some(node) = self.root.at_mut(way).filter(|_| !way.is_empty()) else { return false };
        node.value = Value::Told;
        true
    }

    /// Where in a table a word is: the type that was chosen by it was read after the table was.
    fn holds(&self, way: &[Step], word: &str) -> Option<Vec<Step>> {
        let Value::Table(entries) = &self.root.at(way)?.value else { return None };
        let is_it = |node: &Node| match &node.value {
            Value::Text(text) | Value::String(text) => text == word,
            Value::StandIn => word.is_empty(),
            _ => false,
        };
        let (key, _) = entries.iter().find(|(_, node)| is_it(node))?;
        Some(way.iter().cloned().chain([Step::Key(key.clone())]).collect())
    }

    /// The value that a text begins with, if it was written.
    fn named_by(&self, text: &str) -> Option<Vec<Step>> {
        let (steps, _) = leading(text);
        (!steps.is_empty() && self.root.at(&steps).is_some()).then_some(steps)
    }
}

/// Whether a key was probably meant for one of a value; tables are not set by a variable.
fn is_like_a_value(key: &str) -> bool {
    let Value::Table(entries) = &example::all().value else { return false };
    let values = entries.iter().filter(|(_, node)| !matches!(node.value, Value::Table(_)));
    remedy::nearest(key, &values.map(|(key, _)| key.as_str()).collect::<Vec<_>>()).is_some()
}
