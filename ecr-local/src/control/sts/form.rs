//! Forms of AWS Query: the members of lists have numbers, those of structures their names (`Tags.member.1.Key=team`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::control::shapes::{Kind, Service, Shape};

/// Far more than any list of these operations may have.
const LONGEST_LIST: usize = 1000;

/// Fields by name.
pub(super) type Form = BTreeMap<String, String>;

/// Reads a body. Of a field that comes several times the last one counts.
pub(super) fn parse(body: &[u8]) -> Form {
    form_urlencoded::parse(body).into_owned().collect()
}

/// An input as its shape has it. What is no number where one belongs stays a text, which is refused later.
pub(super) fn read(form: &Form, service: &Service, shape: &Shape) -> Value {
    structure(form, service, shape, "")
}

fn structure(form: &Form, service: &Service, shape: &Shape, prefix: &str) -> Value {
    let members = shape.members.iter().filter_map(|(name, of)| {
        let value = value(form, service, service.shape(of)?, &format!("{prefix}{name}"))?;
        Some((name.clone(), value))
    });
    Value::Object(members.collect::<Map<_, _>>())
}

/// Nothing if the form has nothing of it.
fn value(form: &Form, service: &Service, shape: &Shape, path: &str) -> Option<Value> {
    match shape.kind {
        Kind::List => {
            let member = service.shape(shape.member.as_ref()?)?;
            let entry = |number| value(form, service, member, &format!("{path}.member.{number}"));
            let entries: Vec<_> = (1..=LONGEST_LIST).map_while(entry).collect();
            // An empty list is a field without a value.
            (!entries.is_empty() || form.contains_key(path)).then_some(Value::Array(entries))
        }
        Kind::Structure => {
            let prefix = format!("{path}.");
            let begins =
                form.range(prefix.clone()..).next().is_some_and(|(name, _)| name.starts_with(&prefix));
            begins.then(|| structure(form, service, shape, &prefix))
        }
        Kind::Integer | Kind::Long => {
            let text = form.get(path)?;
            Some(text.parse::<i64>().map_or_else(|_| text.clone().into(), Value::from))
        }
        _ => form.get(path).cloned().map(Value::from),
    }
}
