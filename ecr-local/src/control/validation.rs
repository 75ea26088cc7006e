//! Whether an input is what its shape says.
//!
//! Invariant: what passes has the members and the types that the model promises, so that reading it cannot fail.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::{
    errors::Error,
    shapes::{Kind, Service, Shape},
};

/// As much of a value as an error shows.
const SHOWN: usize = 200;
/// As many mistakes as an error names.
const MOST: usize = 10;

/// Checks an input, and takes away the members that say nothing: those that are null, and those that the model does not know, which AWS
/// passes over.
pub(crate) fn check(service: &Service, shape: &Shape, input: &mut Value) -> Result<(), Error> {
    let mut check = Check { service, is_told: false, mistakes: Vec::new() };
    check.value(shape, "", input)?;
    check.result()
}

/// Checks what clients are to be told, as an input is. What the model does not know is a mistake here: no client could read it.
pub(crate) fn check_told(service: &Service, shape: &Shape, value: &mut Value) -> Result<(), Error> {
    let mut check = Check { service, is_told: true, mistakes: Vec::new() };
    check.value(shape, "", value)?;
    check.result()
}

struct Check<'s> {
    service: &'s Service,
    is_told: bool,
    mistakes: Vec<String>,
}

impl Check<'_> {
    fn result(self) -> Result<(), Error> {
        let mistakes = self.mistakes;
        match mistakes.len() {
            0 => Ok(()),
            count => {
                let noun = if count == 1 { "error" } else { "errors" };
                let listed = mistakes.into_iter().take(MOST).collect::<Vec<_>>().join("; ");
                Err(Error::InvalidParameter(format!("{count} validation {noun} detected: {listed}")))
            }
        }
    }

    /// An error is for a value of another type; mistakes are collected.
    fn value(&mut self, shape: &Shape, path: &str, value: &mut Value) -> Result<(), Error> {
        match (shape.kind, value) {
            (Kind::Structure, Value::Object(members)) => {
                members.retain(|name, member| {
                    !member.is_null() && (self.is_told || shape.members.contains_key(name))
                });
                for missing in shape.required.iter().filter(|name| !members.contains_key(*name)) {
                    self.note("null", &inside(path, missing), "Member must not be null");
                }
                for (name, member) in members {
                    match shape.members.get(name).and_then(|shape| self.service.shape(shape)) {
                        Some(shape) => self.value(shape, &inside(path, name), member)?,
                        None => {
                            self.note("given", &inside(path, name), "Member must be in the service model")
                        }
                    }
                }
                Ok(())
            }
            (Kind::List, Value::Array(entries)) => {
                self.length(shape, path, entries.len() as u64, || format!("[{} entries]", entries.len()));
                let Some(member) = shape.member.as_ref().and_then(|name| self.service.shape(name)) else {
                    return Ok(());
                };
                for (number, entry) in entries.iter_mut().enumerate() {
                    self.value(member, &format!("{path}.{}.member", number + 1), entry)?;
                }
                Ok(())
            }
            (Kind::Map, Value::Object(entries)) => {
                let part = |name: &Option<String>| name.as_ref().and_then(|name| self.service.shape(name));
                let (Some(key), Some(of_value)) = (part(&shape.key), part(&shape.value)) else {
                    return Ok(());
                };
                for (name, entry) in entries {
                    self.text(key, path, name);
                    self.value(of_value, &inside(path, name), entry)?;
                }
                Ok(())
            }
            (Kind::String, Value::String(text)) => {
                self.text(shape, path, text);
                Ok(())
            }
            (Kind::Blob, Value::String(text)) => {
                let length = decoded_length(text.as_bytes()).ok_or_else(|| wrong_type(path))?;
                self.length(shape, path, length, || "<binary>".to_owned());
                Ok(())
            }
            (Kind::Integer | Kind::Long, Value::Number(number)) if !number.is_f64() => {
                self.range(shape, path, &number.to_string(), number.as_i64());
                Ok(())
            }
            (Kind::Boolean, Value::Bool(_)) => Ok(()),
            (Kind::Double | Kind::Timestamp, Value::Number(_)) => Ok(()),
            _ => Err(wrong_type(path)),
        }
    }

    fn text(&mut self, shape: &Shape, path: &str, text: &str) {
        self.length(shape, path, text.chars().count() as u64, || text.to_owned());
        if let Some(pattern) = shape.pattern.as_ref().filter(|pattern| !pattern.takes(text)) {
            let what = format!("Member must satisfy regular expression pattern: {}", pattern.text);
            self.note(&quoted(text), path, &what);
        }
        if !shape.values.is_empty() && !shape.values.iter().any(|value| value == text) {
            let what = format!("Member must satisfy enum value set: [{}]", shape.values.join(", "));
            self.note(&quoted(text), path, &what);
        }
    }

    fn length(&mut self, shape: &Shape, path: &str, length: u64, shown: impl Fn() -> String) {
        if let Some(min) = shape.min.filter(|min| length < *min) {
            let what = format!("Member must have length greater than or equal to {min}");
            self.note(&quoted(&shown()), path, &what);
        }
        if let Some(max) = shape.max.filter(|max| length > *max) {
            let what = format!("Member must have length less than or equal to {max}");
            self.note(&quoted(&shown()), path, &what);
        }
    }

    fn range(&mut self, shape: &Shape, path: &str, shown: &str, number: Option<i64>) {
        let below = |min: u64| number.is_some_and(|number| number < min.cast_signed());
        let above = |max: u64| number.is_none_or(|number| number > max.cast_signed());
        if let Some(min) = shape.min.filter(|min| below(*min)) {
            let what = format!("Member must have value greater than or equal to {min}");
            self.note(&quoted(shown), path, &what);
        } else if let Some(max) = shape.max.filter(|max| above(*max)) {
            let what = format!("Member must have value less than or equal to {max}");
            self.note(&quoted(shown), path, &what);
        } else if number.is_none() {
            self.note(
                &quoted(shown),
                path,
                "Member must have value less than or equal to 9223372036854775807",
            );
        }
    }

    fn note(&mut self, value: &str, path: &str, what: &str) {
        self.mistakes.push(format!("Value {value} at '{path}' failed to satisfy constraint: {what}"));
    }
}

/// Members are told as AWS's own programs call them, which begin none with a capital.
fn inside(path: &str, name: &str) -> String {
    let mut rest = name.chars();
    let first: String = rest.next().map(|first| first.to_ascii_lowercase()).into_iter().collect();
    let name = first + rest.as_str();
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.chars().take(SHOWN).collect::<String>())
}

/// How many bytes a text in base64 stands for. Only its end is decoded: it may be a large part of a layer, which is decoded where it is used.
fn decoded_length(text: &[u8]) -> Option<u64> {
    let Some((front, end)) = text.split_last_chunk::<4>() else { return text.is_empty().then_some(0) };
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() | (byte == b'+') | (byte == b'/');
    // Not `all`, which would look at one byte at a time.
    let is_front = front.len() % 4 == 0 && front.iter().fold(true, |so_far, byte| so_far & is_digit(*byte));
    let end = BASE64_STANDARD.decode(end).ok().filter(|_| is_front)?;
    Some((front.len() / 4 * 3 + end.len()) as u64)
}

fn wrong_type(path: &str) -> Error {
    Error::Serialization(format!("the value at '{path}' has another type than the service model says"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_length_of_base64_is_that_of_what_it_decodes_to(text in "[A-Za-z0-9+/]{0,12}[A-Za-z0-9+/=\\-]{0,5}") {
            let decoded = BASE64_STANDARD.decode(&text).ok().map(|bytes| bytes.len() as u64);
            prop_assert_eq!(decoded_length(text.as_bytes()), decoded);
        }

        #[test]
        fn whatever_was_encoded_has_its_length(bytes: Vec<u8>) {
            let text = BASE64_STANDARD.encode(&bytes);
            prop_assert_eq!(decoded_length(text.as_bytes()), Some(bytes.len() as u64));
        }
    }
}
