//! Every difference from dockerd 20.10 that is meant, with its reason. Nothing else may differ.

use serde_json::Value;

use super::compare::Difference;

/// A row of the list.
struct Allowed {
    /// Method and path; `*` stands for anything.
    request: &'static str,
    /// As `Difference::field` names it.
    field: &'static str,
    /// Between which values: theirs, then ours.
    between: fn(&Value, &Value) -> bool,
}

const ALLOWED: &[Allowed] = &[
    // Layers are never fetched: sizes are those of the compressed blobs, as the manifest gives them.
    Allowed { request: "GET */json", field: "$.Size", between: numbers },
    Allowed { request: "GET */json", field: "$.VirtualSize", between: numbers },
    Allowed { request: "GET */json*", field: "$[].Size", between: numbers },
    Allowed { request: "GET */json*", field: "$[].VirtualSize", between: numbers },
    Allowed { request: "GET */history", field: "$[].Size", between: numbers },
    // The moment of a tag is each engine's own.
    Allowed { request: "GET */json", field: "$.Metadata.LastTagTime", between: both_times },
    // Layers that go with an image: there are none here.
    Allowed { request: "DELETE *", field: "$", between: only_layers_more },
    // 20.10 says it twice; 23.0 and later, and we, once.
    Allowed { request: "GET */json", field: "$.message", between: said_twice },
];

/// Whether a difference is in the list.
pub(crate) fn is_allowed(request: &str, difference: &Difference) -> bool {
    ALLOWED.iter().any(|allowed| {
        matches(allowed.request, request)
            && allowed.field == difference.field
            && (allowed.between)(&difference.theirs, &difference.ours)
    })
}

fn numbers(theirs: &Value, ours: &Value) -> bool {
    theirs.is_u64() && ours.is_u64()
}

/// Either both never happened, or both did.
fn both_times(theirs: &Value, ours: &Value) -> bool {
    let happened =
        |time: &Value| time.as_str().is_some_and(|time| time.starts_with("20") && time.ends_with('Z'));
    happened(theirs) && happened(ours)
}

fn only_layers_more(theirs: &Value, ours: &Value) -> bool {
    let (Some(theirs), Some(ours)) = (theirs.as_array(), ours.as_array()) else { return false };
    let without_layers = theirs.iter().filter(|line| line.get("Untagged").is_some() || ours.contains(line));
    without_layers.eq(ours)
}

fn said_twice(theirs: &Value, ours: &Value) -> bool {
    let (Some(theirs), Some(ours)) = (theirs.as_str(), ours.as_str()) else { return false };
    ours.starts_with("No such image: ")
        && theirs.starts_with("no such image: ")
        && theirs.ends_with(&format!(": {ours}"))
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).filter(|&at| rest.is_char_boundary(at)).any(|at| matches(tail, &rest[at..]))
        }),
    }
}
