//! The file: read under a limit, and parsed on past its mistakes so that all of them are told.

use std::{fs, io::Read, ops::Range, path::Path};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::tree::{Node, Origin, Value};

/// No configuration is as long; something else was named by mistake.
const MOST_BYTES: u64 = 256 * 1024;

/// What keeps a text from being read, and where; both from 1.
pub(super) struct Flaw {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) text: String,
}

/// Reads a file. Errors say what is the matter, and begin with the file.
pub(super) fn load(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|why| format!("{shown}: cannot be read: {why}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("{shown}: longer than {MOST_BYTES} bytes: no configuration is"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let (line, column) = Lines::new(&String::from_utf8_lossy(good)).place(good.len());
        format!("{shown}:{line}:{column}: not UTF-8, as TOML has to be: save it as such")
    })
}

/// Parses a text: what can be understood of it, and what cannot.
pub(super) fn parse(text: &str) -> (Node, Vec<Flaw>) {
    let lines = Lines::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    let flaw = |error: toml::de::Error| {
        let (line, column) = lines.place(error.span().map_or(0, |span| span.start));
        Flaw { line, column, text: error.message().to_owned() }
    };
    let origin = lines.origin(&table.span());
    let root = Node { value: entries(table.into_inner(), &lines), origin };
    (root, errors.into_iter().map(flaw).collect())
}

/// A value alone, as variables and flags have it.
pub(super) fn parse_value(text: &str, origin: &Origin) -> Option<Value> {
    let document = format!("value = {text}");
    let table = DeTable::parse(&document).ok()?.into_inner();
    let mut values = table.into_iter();
    let (Some((_, value)), None) = (values.next(), values.next()) else { return None };
    let mut value = convert(value.into_inner(), &Lines::new(&document));
    place_all(&mut value, origin);
    Some(value)
}

fn place_all(value: &mut Value, origin: &Origin) {
    let place = |node: &mut Node| {
        node.origin = origin.clone();
        place_all(&mut node.value, origin);
    };
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(place),
        Value::Table(entries) => entries.values_mut().for_each(place),
        _ => {}
    }
}

fn entries(table: DeTable<'_>, lines: &Lines<'_>) -> Value {
    // Where the key is says more than where the value is.
    let entry = |(key, value): (Spanned<DeString<'_>>, Spanned<DeValue<'_>>)| {
        let origin = lines.origin(&key.span());
        (key.into_inner().into_owned(), Node { value: convert(value.into_inner(), lines), origin })
    };
    Value::Table(table.into_iter().map(entry).collect())
}

fn convert(value: DeValue<'_>, lines: &Lines<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_or(Value::Unwanted("a number beyond 64 bits"), Value::Integer),
        DeValue::Float(float) => {
            float.as_str().parse().map_or(Value::Unwanted("a number beyond 64 bits"), Value::Float)
        }
        DeValue::Boolean(boolean) => Value::Boolean(boolean),
        DeValue::Datetime(_) => Value::Unwanted("a date or time"),
        DeValue::Table(table) => entries(table, lines),
        DeValue::Array(array) => {
            let element = |element: Spanned<DeValue<'_>>| {
                let origin = lines.origin(&element.span());
                Node { value: convert(element.into_inner(), lines), origin }
            };
            Value::Array(array.into_iter().map(element).collect())
        }
    }
}

/// Where lines begin.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Line and column of a byte, both from 1; columns count characters.
    fn place(&self, at: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = self.text.get(start..at).unwrap_or_default();
        (line, before.trim_start_matches('\u{feff}').chars().count() + 1)
    }

    fn origin(&self, span: &Range<usize>) -> Origin {
        let (line, column) = self.place(span.start);
        Origin::File { line, column }
    }
}
