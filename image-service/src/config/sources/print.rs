//! The configuration as TOML: each value with its origin behind it, secrets masked.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use super::{
    example, masks,
    mistake::place,
    path::{Step, is_bare},
    tree::{Node, Value},
};

/// Writes all of it. `given` has to be a configuration without mistakes.
pub(super) fn document(given: &Node, file: Option<&Path>) -> String {
    let given = &masks::typed(given);
    let mut root = example::defaults().clone();
    root.overlay(given.clone());
    let mut page = Page { given, file, text: String::new() };
    if let Value::Table(entries) = &root.value {
        page.table(&mut Vec::new(), entries);
    }
    page.text
}

struct Page<'a> {
    given: &'a Node,
    file: Option<&'a Path>,
    text: String,
}

impl Page<'_> {
    /// Values first: behind the head of an inner table they would be that table's.
    fn table(&mut self, way: &mut Vec<Step>, entries: &BTreeMap<String, Node>) {
        let (tables, values): (Vec<_>, Vec<_>) =
            entries.iter().partition(|(_, node)| matches!(node.value, Value::Table(_)));
        // An empty table says something where an operator wrote it.
        let is_said = tables.is_empty() && self.given.at(way).is_some();
        if !way.is_empty() && (!values.is_empty() || is_said) {
            self.head(way);
        }
        for (key, node) in values {
            way.push(Step::Key(key.clone()));
            let value = self.toml(way, node);
            let origin = place(&node.origin, self.file).unwrap_or_else(|| "default".into());
            // Writing to a string cannot fail.
            let _ = writeln!(self.text, "{} = {value} # {origin}", quoted(key));
            way.pop();
        }
        for (key, node) in tables {
            let Value::Table(entries) = &node.value else { continue };
            way.push(Step::Key(key.clone()));
            self.table(way, entries);
            way.pop();
        }
    }

    fn head(&mut self, way: &[Step]) {
        let keys: Vec<_> = way.iter().filter_map(Step::key).map(quoted).collect();
        let blank = if self.text.is_empty() { "" } else { "\n" };
        let _ = writeln!(self.text, "{blank}[{}]", keys.join("."));
    }

    fn toml(&self, way: &mut Vec<Step>, node: &Node) -> toml::Value {
        match &node.value {
            Value::Text(text) | Value::String(text) => masks::shown(self.given, way, text).into(),
            Value::Integer(number) => (*number).into(),
            Value::Float(number) => (*number).into(),
            Value::Boolean(truth) => (*truth).into(),
            Value::Array(elements) => {
                let element = |(at, element)| self.inner(way, Step::Index(at), element);
                elements.iter().enumerate().map(element).collect::<Vec<_>>().into()
            }
            Value::Table(entries) => {
                let entry = |(key, entry): (&String, &Node)| {
                    (key.clone(), self.inner(way, Step::Key(key.clone()), entry))
                };
                toml::Value::Table(entries.iter().map(entry).collect())
            }
            Value::Unwanted(_) | Value::Told | Value::StandIn => "".into(),
        }
    }

    fn inner(&self, way: &mut Vec<Step>, step: Step, node: &Node) -> toml::Value {
        way.push(step);
        let value = self.toml(way, node);
        way.pop();
        value
    }
}

fn quoted(key: &str) -> String {
    match is_bare(key) {
        true => key.to_owned(),
        false => toml::Value::from(key).to_string(),
    }
}
