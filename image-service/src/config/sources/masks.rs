//! Which values are secrets. Their types know: what is put in the place of a secret does not show in the configuration's `Debug` output.
//!
//! Invariant: a type that takes any text and does not show it, for whatever reason, is taken for a secret. Types that check their text are not:
//! there it is the key's name that tells, and no URL is shown with who goes there.

use serde::Deserialize;
use url::Url;

use super::{
    Config,
    file::parse_value,
    path::Step,
    reader::Reader,
    tree::{Node, Value},
};

/// What stands in the place of a secret.
const MASK: &str = "masked";
/// A text that is in no configuration.
const CANARY: &str = "canary-0b0e7c52d1f94c6e";
/// What the names of secrets have in them.
const SECRET_NAMES: [&str; 4] = ["key", "password", "secret", "token"];

/// What is shown of a text that was configured at `way`.
pub(super) fn shown(given: &Node, way: &[Step], text: &str) -> String {
    let has_user = Url::parse(text).is_ok_and(|url| !url.username().is_empty() || url.password().is_some());
    match is_secret(given, way) {
        true => place_alone(text).unwrap_or_else(|| MASK.into()),
        false if has_user => place_alone(text).unwrap_or_else(|| MASK.into()),
        false => text.to_owned(),
    }
}

/// The same with a type for what variables and flags say: a text if that is possible, else the value that TOML makes of it.
pub(super) fn typed(given: &Node) -> Node {
    let mut typed = given.clone();
    give_types(given, &mut typed, &mut Vec::new());
    typed
}

fn give_types(given: &Node, node: &mut Node, way: &mut Vec<Step>) {
    match &mut node.value {
        Value::Table(entries) => {
            for (key, entry) in entries {
                way.push(Step::Key(key.clone()));
                give_types(given, entry, way);
                way.pop();
            }
        }
        Value::Text(text) => {
            let is_text = with(given, way, Value::String(text.clone())).is_some();
            let value = if is_text { None } else { parse_value(text.trim(), &node.origin) };
            node.value = value.unwrap_or_else(|| Value::String(std::mem::take(text)));
        }
        _ => {}
    }
}

/// The configuration with another value at `way`; none if that is not possible.
fn with(given: &Node, way: &[Step], value: Value) -> Option<Config> {
    let mut root = given.clone();
    root.at_mut(way)?.value = value;
    Config::deserialize(Reader(&root)).ok()
}

fn is_secret(given: &Node, way: &[Step]) -> bool {
    match with(given, way, Value::String(CANARY.into())) {
        Some(config) => !format!("{config:?}").contains(CANARY),
        None => way.iter().rev().find_map(Step::key).is_some_and(is_secrets_name),
    }
}

/// Names of files end otherwise.
fn is_secrets_name(key: &str) -> bool {
    SECRET_NAMES.iter().any(|name| key.ends_with(name))
}

/// Where a URL leads, without who goes there. A password with unusual characters in it may make another URL of it: then nothing is shown.
fn place_alone(text: &str) -> Option<String> {
    let mut url = Url::parse(text).ok()?;
    let is_odd = url.fragment().is_some() || url.path().contains('@') || !url.has_host();
    if is_odd || (url.username().is_empty() && url.password().is_none()) {
        return None;
    }
    url.set_password(None).ok()?;
    url.set_username(MASK).ok()?;
    if url.query().is_some() {
        let masked =
            |name: &str| SECRET_NAMES.iter().any(|secret| name.to_ascii_lowercase().contains(secret));
        let pairs: Vec<_> = url
            .query_pairs()
            .map(|(name, value)| if masked(&name) { (name, MASK.into()) } else { (name, value) })
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        for (url, shown) in [
            ("postgres://u:p@db/images?sslmode=require", Some("postgres://masked@db/images?sslmode=require")),
            ("postgres://u@db/images?password=p", Some("postgres://masked@db/images?password=masked")),
            ("postgres://u:12#p@db/images", None),
            ("postgres://u:1/2@db/images", None),
            ("hunter2", None),
            ("postgres://db/images", None),
        ] {
            assert_eq!(place_alone(url).as_deref(), shown, "{url}");
        }
    }
}
