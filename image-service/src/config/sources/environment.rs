//! Variables of the environment: `IMAGE_SERVICE_` and the key, in capitals, with `__` for each dot.

use std::ffi::OsString;

use super::{
    mistake::Mistake,
    tree::{DEEPEST, Node, Origin},
};

/// What all variables of this service begin with.
pub(super) const PREFIX: &str = "IMAGE_SERVICE_";
/// Names the file, and is no key.
const CONFIG: &str = "IMAGE_SERVICE_CONFIG";
/// Older than the rule, and named in many scripts.
const DATABASE_URL: (&str, &str) = ("IMAGE_SERVICE_DATABASE_URL", "DATABASE__URL");

/// Lays the variables over a tree. An empty one counts as not given, as compositions pass on what they do not have.
pub(super) fn overlay(
    root: &mut Node,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX) && *name != CONFIG) else {
            continue;
        };
        let Some(keys) = keys(name) else { continue };
        match value.into_string() {
            Ok(text) if text.is_empty() => {}
            Ok(text) => root.put(&keys, text, Origin::Variable(name.to_owned())),
            Err(_) => mistakes.push(Mistake::plain(format!("{name}: not UTF-8, as every value has to be"))),
        }
    }
    mistakes
}

/// The path of keys that a variable stands for.
fn keys(name: &str) -> Option<Vec<String>> {
    let path = if name == DATABASE_URL.0 { DATABASE_URL.1 } else { name.strip_prefix(PREFIX)? };
    let keys: Vec<_> = path.split("__").map(str::to_ascii_lowercase).collect();
    (keys.len() <= DEEPEST && keys.iter().all(|key| !key.is_empty())).then_some(keys)
}

/// Whether a variable with a key that nobody knows may be left alone: others give their variables names that begin as ours do, such as
/// Kubernetes for a service named image-service.
pub(super) fn may_be_anothers(name: &str) -> bool {
    !name.strip_prefix(PREFIX).unwrap_or_default().contains("__")
}
