//! `deploy/config.toml`: every key there is, with its default or with an example behind a `#`. A test holds it against the defaults.

use std::sync::LazyLock;

use super::{
    file,
    tree::{Node, Origin, Value},
};

const TEXT: &str = include_str!("../../../../deploy/config.toml");

static DEFAULTS: LazyLock<Node> = LazyLock::new(|| by_default(file::parse(TEXT).0));
static ALL: LazyLock<Node> = LazyLock::new(|| by_default(file::parse(&uncommented()).0));

/// What counts if nobody says otherwise.
pub(super) fn defaults() -> &'static Node {
    &DEFAULTS
}

/// The defaults, and an example of each key that has none.
pub(super) fn all() -> &'static Node {
    &ALL
}

/// "# " begins an explanation, "#" alone an example.
fn uncommented() -> String {
    let line =
        |line: &'static str| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line);
    TEXT.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn by_default(mut node: Node) -> Node {
    node.origin = Origin::Default;
    node.value = match node.value {
        Value::Table(entries) => {
            Value::Table(entries.into_iter().map(|(key, entry)| (key, by_default(entry))).collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(by_default).collect()),
        value => value,
    };
    node
}
