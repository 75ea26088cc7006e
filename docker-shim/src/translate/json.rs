//! Reads members of somebody's JSON: null, absent and of another type are one.

use std::collections::BTreeMap;

use serde_json::Value;

/// A text; empty if there is none.
pub(crate) fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A truth; false if there is none.
pub(crate) fn truth(object: &Value, key: &str) -> bool {
    object.get(key).and_then(Value::as_bool).unwrap_or_default()
}

/// A whole number; 0 if there is none.
pub(crate) fn number(object: &Value, key: &str) -> i64 {
    object.get(key).and_then(Value::as_i64).unwrap_or_default()
}

/// A list of texts.
pub(crate) fn texts<'a>(object: &'a Value, key: &str) -> Option<Vec<&'a str>> {
    object.get(key)?.as_array()?.iter().map(Value::as_str).collect()
}

/// A command: a list of texts, or one text that stands for such a list.
pub(crate) fn command<'a>(object: &'a Value, key: &str) -> Option<Vec<&'a str>> {
    match object.get(key)? {
        Value::String(word) => Some(vec![word]),
        _ => texts(object, key),
    }
}

/// The texts of an object, by key.
pub(crate) fn labels<'a>(object: &'a Value, key: &str) -> Option<BTreeMap<&'a str, &'a str>> {
    let members = object.get(key)?.as_object()?.iter();
    Some(members.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect())
}
