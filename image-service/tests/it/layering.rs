//! The rule of imports, kept by a test: each layer sees only the layers below it, and adapters never see each other.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Layer, and the layers it may import. Whatever is not listed here does not exist.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("error", &["model"]),
    ("ports", &["error", "model"]),
    ("config", &["model"]),
    ("store", &["error", "model", "ports"]),
    ("registry", &["config", "error", "model", "ports"]),
    ("archive", &["error", "model", "ports"]),
    ("embedding", &["config", "error", "model", "ports"]),
    ("staging", &["config", "error", "model", "ports"]),
    ("ecr", &["config", "error", "model", "ports"]),
    ("embedded_registry", &["config", "model"]),
    ("secrets", &["error", "model", "ports"]),
    ("ops", &["config", "error", "model", "ports"]),
    ("grpc", &["config", "error", "model", "ops", "ports"]),
    ("client", &["config"]),
    ("health", &["client"]),
    (
        "app",
        &[
            "archive",
            "config",
            "ecr",
            "embedded_registry",
            "embedding",
            "grpc",
            "model",
            "ops",
            "ports",
            "registry",
            "secrets",
            "staging",
            "store",
        ],
    ),
    ("commands", &[]),
    ("lib", &[]),
    ("main", &[]),
];

fn sources() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if is_source(&path) {
                let inner = path.strip_prefix(&root).unwrap();
                let layer = inner.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
                found.push((layer.trim_end_matches(".rs").to_owned(), path));
            }
        }
    }
    found
}

/// Unit tests in files of their own may name what they like.
fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".rs") && !name.ends_with("tests.rs")
}

/// The layers that a source names: `crate::x`, and `x` within `use crate::{…}`.
fn imports(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in source.match_indices("crate::") {
        let rest = &source[at + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            Some(group) => top_level_names(group),
            None => vec![word(rest)],
        };
        found.extend(names.into_iter().filter(|name| !name.is_empty()));
    }
    found
}

fn top_level_names(group: &str) -> Vec<String> {
    let mut depth = 1;
    let mut names = vec![word(group.trim_start())];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(word(group[at + 1..].trim_start())),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn every_layer_imports_only_what_lies_below_it() {
    let mut wrong = Vec::new();
    for (layer, path) in sources() {
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            wrong.push(format!("{} is in no layer", path.display()));
            continue;
        };
        let source = fs::read_to_string(&path).unwrap();
        for import in imports(&source) {
            let is_layer = LAYERS.iter().any(|(name, _)| *name == import);
            if is_layer && import != layer && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{} imports {import}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_begins_by_saying_what_it_is() {
    let silent: Vec<_> = sources()
        .into_iter()
        .map(|(_, path)| path)
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn grouped_and_plain_imports_are_both_seen() {
    let source =
        "use crate::{\n    error::{Error, Result},\n    ports::Access,\n};\nlet x = crate::model::Digest;";
    assert_eq!(imports(source).into_iter().collect::<Vec<_>>(), ["error", "model", "ports"]);
}
