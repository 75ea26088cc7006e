//! The config of an image that has none, as dockerd's migration makes it (image/v1): Go's JSON of a sorted map.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Deserialize;
use serde_json::value::RawValue;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::model::Digest;

/// Members of a layer's configuration that no image config has.
const DROPPED: [&str; 6] = ["id", "parent", "Size", "parent_id", "layer_id", "throwaway"];
/// Go's zero time.
const NEVER: &str = "0001-01-01T00:00:00Z";

#[derive(Deserialize)]
struct Layer {
    author: Option<String>,
    created: Option<String>,
    comment: Option<String>,
    container_config: Option<Container>,
}

#[derive(Deserialize)]
struct Container {
    #[serde(rename = "Cmd")]
    command: Option<Vec<String>>,
}

/// The step of history that a layer's configuration tells.
pub(super) fn step(configuration: &[u8]) -> Result<String, String> {
    let layer: Layer = serde_json::from_slice(configuration).map_err(|why| why.to_string())?;
    let created = match layer.created {
        None => NEVER.to_owned(),
        Some(text) => OffsetDateTime::parse(&text, &Rfc3339)
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok())
            .ok_or_else(|| format!("{text:?} is no time"))?,
    };
    let command = layer.container_config.and_then(|container| container.command).unwrap_or_default();
    let mut step = format!(r#"{{"created":{}"#, string(&created));
    let members = [
        ("author", layer.author.unwrap_or_default()),
        ("created_by", command.join(" ")),
        ("comment", layer.comment.unwrap_or_default()),
    ];
    for (name, value) in members.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(step, r#","{name}":{}"#, string(value));
    }
    step.push('}');
    Ok(step)
}

/// The config: what the uppermost layer's configuration says, the layers, and the steps.
pub(super) fn config(uppermost: &[u8], diff_ids: &[Digest], steps: &[String]) -> Result<String, String> {
    let text = std::str::from_utf8(uppermost).map_err(|why| why.to_string())?;
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|why| why.to_string())?;
    let kept = members.into_iter().filter(|(name, _)| !DROPPED.contains(&name.as_str()));
    let mut members: BTreeMap<_, _> = kept.map(|(name, value)| (name, compact(value.get()))).collect();
    let diff_ids: Vec<_> = diff_ids.iter().map(|id| format!(r#""{id}""#)).collect();
    members
        .insert("rootfs".to_owned(), format!(r#"{{"type":"layers","diff_ids":[{}]}}"#, diff_ids.join(",")));
    members.insert("history".to_owned(), format!("[{}]", steps.join(",")));
    let members: Vec<_> = members.iter().map(|(name, value)| format!("{}:{value}", string(name))).collect();
    Ok(format!("{{{}}}", members.join(",")))
}

/// A string as Go writes it.
fn string(text: &str) -> String {
    let mut json = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
    escaped(&json)
}

/// JSON without blanks, escaped as Go does: text that is no markup wherever it is put.
fn compact(json: &str) -> String {
    let mut bare = String::with_capacity(json.len());
    let (mut within, mut escape) = (false, false);
    for c in json.chars() {
        if within || !matches!(c, ' ' | '\t' | '\n' | '\r') {
            bare.push(c);
        }
        within ^= c == '"' && !escape;
        escape = within && c == '\\' && !escape;
    }
    escaped(&bare)
}

fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text
}
