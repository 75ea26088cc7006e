//! Where two answers differ, member by member.

use fixtures::engine::Answer;
use serde_json::{Value, json};

/// One difference.
#[derive(Debug)]
pub(crate) struct Difference {
    /// `status`, `content-type`, or a path into the body such as `$.Config.Env` or `$[].Size`; `$` for arrays of unequal length.
    pub(crate) field: String,
    pub(crate) theirs: Value,
    pub(crate) ours: Value,
}

/// Everything in which two answers differ.
pub(crate) fn differences(theirs: &Answer, ours: &Answer) -> Vec<Difference> {
    let mut found = Vec::new();
    walk("status", &json!(theirs.status.as_u16()), &json!(ours.status.as_u16()), &mut found);
    let content_type = |answer: &Answer| json!(answer.header("content-type"));
    walk("content-type", &content_type(theirs), &content_type(ours), &mut found);
    walk("$", &body(theirs), &body(ours), &mut found);
    found
}

/// A body as a value: JSON, the messages of a progress stream, or text.
fn body(answer: &Answer) -> Value {
    if answer.header("content-type") != "application/json" {
        return json!(answer.text());
    }
    match serde_json::from_slice(&answer.body) {
        Ok(value) if !is_message(&value) => value,
        _ => answer.messages().into_iter().filter(|message| !is_passing(message)).collect(),
    }
}

fn is_message(value: &Value) -> bool {
    ["status", "stream", "errorDetail"].iter().any(|member| value.get(member).is_some())
}

/// How far a layer is depends on the moment; what became of it in a push does not.
fn is_passing(message: &Value) -> bool {
    let lasting = ["Preparing", "Pushed", "Layer already exists", "Mounted from "];
    let status = message["status"].as_str().unwrap_or_default();
    message.get("progressDetail").is_some()
        && message.get("aux").is_none()
        && !lasting.iter().any(|lasting| status.starts_with(lasting))
}

fn walk(field: &str, theirs: &Value, ours: &Value, found: &mut Vec<Difference>) {
    match (theirs, ours) {
        (Value::Object(left), Value::Object(right)) => {
            let mut names: Vec<_> = left.keys().chain(right.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let member = |object: &serde_json::Map<String, Value>| {
                    object.get(name).cloned().unwrap_or_else(|| json!("(absent)"))
                };
                walk(&format!("{field}.{name}"), &member(left), &member(right), found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (left, right) in left.iter().zip(right) {
                walk(&format!("{field}[]"), left, right, found);
            }
        }
        _ if theirs == ours => (),
        _ => found.push(Difference { field: field.to_owned(), theirs: theirs.clone(), ours: ours.clone() }),
    }
}
